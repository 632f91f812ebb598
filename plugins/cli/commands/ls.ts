import { listServices } from "../../deploy/mod.ts";
import { command } from "../command.ts";
import { connect } from "../connect.ts";
import { instancesOf } from "../describe.ts";
import { type ConnectionFlags, connectionFlags, text } from "../flags.ts";

interface Flags extends ConnectionFlags {
  /** Only services in this state. */
  readonly status?: string;
  /** Only services of this group. */
  readonly group?: string;
}

/** `pai ls`: the services of a region. */
export const lsCommand = command<Flags, [filter?: string]>({
  brief: "List services",
  description: "Lists the services of a region: a table in a terminal, cells between tabs in a pipe.",
  examples: [
    ["", "All services"],
    ["iris --json", "Services with iris in their name, as JSON"],
    ["--status Failed | cut -f1", "Names of those that failed"],
  ],
  flags: {
    ...connectionFlags,
    status: text("Only services in this state, such as Running", "state"),
    group: text("Only services of this group", "name"),
  },
  args: [{ brief: "Part of the name", parse: String, placeholder: "filter", optional: true }],
  async run(tools, { status, group, timeout, ...flags }, filter) {
    const { io: { signal }, print } = tools;
    const { client } = await connect(tools, flags);
    const found = await Array.fromAsync(listServices(client, { filter, status, group, signal, timeout }));
    const services = found.map(({ name, status, internetEndpoint: endpoint, raw }) => ({
      ...{ name, status, instances: instancesOf(raw), updated: String(raw.UpdateTime ?? "") },
      ...(endpoint && { endpoint }),
    }));
    print.rows(
      services,
      ["NAME", "STATUS", "INSTANCES", "UPDATED"],
      services.map((
        { name, status, instances: { running, total }, updated },
      ) => [name, status, `${running}/${total}`, updated]),
    );
  },
});
