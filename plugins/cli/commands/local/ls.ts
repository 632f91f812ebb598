import { command } from "../../command.ts";
import { type OutputFlags, outputFlags } from "../../flags.ts";
import { type EngineFlags, engineFlags, openEngine } from "../../local-engine.ts";

/** `pai local ls`: the services of this machine. */
export const localLsCommand = command<OutputFlags & EngineFlags, []>({
  brief: "List the services of this machine",
  description:
    "Lists the services that run or are stopped in containers, whichever process has deployed them.",
  examples: [["", "All services"], ["--json", "As JSON"]],
  flags: { ...outputFlags, ...engineFlags },
  args: [],
  async run({ io: { signal }, print }, flags) {
    const engine = await openEngine(flags);
    const found = await Array.fromAsync(engine.services({ signal }), (one) => one.describe({ signal }));
    const services = found.map(({ name, status, internetEndpoint: endpoint = "" }) => ({
      name,
      status,
      endpoint,
    }));
    print.rows(
      services,
      ["NAME", "STATUS", "ENDPOINT"],
      services.map(({ name, status, endpoint }) => [name, status, endpoint]),
    );
  },
});
