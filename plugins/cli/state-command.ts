import type { Command } from "@stricli/core";
import { getService } from "../deploy/mod.ts";
import { command } from "./command.ts";
import { connect } from "./connect.ts";
import type { Context } from "./context.ts";
import { printService } from "./describe.ts";
import { type ConnectionFlags, connectionFlags, serviceArgument, waitFlag } from "./flags.ts";

interface Flags extends ConnectionFlags {
  /** Whether to wait for the new state. */
  readonly wait: boolean;
}

/** Makes `pai start` and `pai stop`, which differ in nothing but the word and the state. */
export function stateCommand(action: "start" | "stop", state: string, description: string): Command<Context> {
  return command<Flags, [name: string]>({
    brief: `${action === "start" ? "Start" : "Stop"} a service`,
    description,
    examples: [
      [`iris`, `Waits until it is ${state}`],
      [`iris --no-wait`, "Returns once the request is accepted"],
      [`iris --timeout 5m`, "Exits with 6 when that takes longer"],
    ],
    flags: { ...connectionFlags, wait: waitFlag(`Wait until it is ${state}`) },
    args: [serviceArgument],
    async run(tools, flags, name) {
      const { io: { signal }, progress } = tools;
      const connection = await connect(tools, flags);
      const service = await getService(connection.client, name, { signal });
      const { wait, timeout } = flags;
      await service[action]({ wait, signal, onProgress: progress.step, ...(timeout && { timeout }) });
      await printService(tools, connection, name);
    },
  });
}
