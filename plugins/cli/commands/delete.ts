import { getService } from "../../deploy/mod.ts";
import { askForName } from "../ask.ts";
import { command } from "../command.ts";
import { connect } from "../connect.ts";
import { type ConnectionFlags, connectionFlags, serviceArgument, waitFlag, yesFlag } from "../flags.ts";

interface Flags extends ConnectionFlags {
  /** Doesn't ask. */
  readonly yes?: boolean;
  /** Whether to wait until the name is free. */
  readonly wait: boolean;
}

/** `pai delete`: a service, for good. */
export const deleteCommand = command<Flags, [name: string]>({
  brief: "Delete a service",
  description:
    "Deletes a service for good. What was uploaded for it stays in the bucket, as others may use it.",
  examples: [
    ["iris", "Asks for its name first, in a terminal"],
    ["iris --yes", "Asks nothing, as scripts need it"],
  ],
  flags: { ...connectionFlags, yes: yesFlag, wait: waitFlag("Wait until its name is free again") },
  aliases: { y: "yes" },
  args: [serviceArgument],
  async run(tools, flags, name) {
    const { io, print, progress } = tools;
    const { signal } = io;
    const { wait, timeout } = flags;
    const { client } = await connect(tools, flags);
    const service = await getService(client, name, { signal }); // before anybody is asked about it
    if (!flags.yes) await askForName(io, "delete", name);
    await service.delete({ wait, signal, onProgress: progress.step, ...(timeout && { timeout }) });
    print.result({ name, deleted: true }, () => `deleted ${name}\n`);
  },
});
