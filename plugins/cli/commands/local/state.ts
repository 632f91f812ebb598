import type { Command } from "@stricli/core";
import { command } from "../../command.ts";
import type { Context } from "../../context.ts";
import { type OutputFlags, outputFlags, serviceArgument } from "../../flags.ts";
import { type EngineFlags, engineFlags, openEngine } from "../../local-engine.ts";

/** `pai local stop`: a container that stays, and can be started again. */
export const localStopCommand = stateCommand(
  "stop",
  "Stops a service: its container stays, and can be started again.",
);

/** `pai local start`: a container that was stopped. */
export const localStartCommand = stateCommand(
  "start",
  "Starts a service that was stopped, and waits until it answers.",
);

function stateCommand(action: "start" | "stop", description: string): Command<Context> {
  return command<OutputFlags & EngineFlags, [name: string]>({
    brief: `${action === "start" ? "Start" : "Stop"} a service`,
    description,
    examples: [["iris", "Waits until it is so"]],
    flags: { ...outputFlags, ...engineFlags },
    args: [serviceArgument],
    async run({ io: { signal }, print, progress }, flags, name) {
      const service = await (await openEngine(flags)).service(name, { signal });
      await service[action]({ signal, onProgress: progress.step });
      const { status, internetEndpoint: endpoint } = await service.describe({ signal });
      const document = { name, status, ...(endpoint && { endpoint }) };
      print.fields(document, Object.entries(document));
    },
  });
}
