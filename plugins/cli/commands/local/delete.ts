import { command } from "../../command.ts";
import { type OutputFlags, outputFlags, serviceArgument } from "../../flags.ts";
import { type EngineFlags, engineFlags, openEngine } from "../../local-engine.ts";

/** `pai local delete`: a container with all that belongs to it. Nobody is asked: it is made anew in a moment. */
export const localDeleteCommand = command<OutputFlags & EngineFlags, [name: string]>({
  brief: "Delete a service",
  description: "Removes a service's container, with the volumes and folders that were made for it.",
  examples: [["iris", "Runs or not"]],
  flags: { ...outputFlags, ...engineFlags },
  args: [serviceArgument],
  async run({ io: { signal }, print, progress }, flags, name) {
    const service = await (await openEngine(flags)).service(name, { signal });
    await service.delete({ wait: true, signal, onProgress: progress.step });
    print.result({ name, deleted: true }, () => `deleted ${name}\n`);
  },
});
