import { numberParser } from "@stricli/core";
import { command } from "../../command.ts";
import { exitCodeOf } from "../../exit-codes.ts";
import { type OutputFlags, outputFlags, serviceArgument } from "../../flags.ts";
import { type EngineFlags, engineFlags, openEngine } from "../../local-engine.ts";

interface Flags extends OutputFlags, EngineFlags {
  /** Goes on with what is printed from now on. */
  readonly follow?: boolean;
  /** Only the last lines. */
  readonly tail?: number;
}

/** `pai local logs`: what a service printed. */
export const localLogsCommand = command<Flags, [name: string]>({
  brief: "Print what a service printed",
  description: "Prints what a service's container printed, the oldest line first.",
  examples: [["iris --tail 100", "The last hundred lines"], ["iris -f", "And what comes, until Ctrl-C"]],
  flags: {
    ...outputFlags,
    ...engineFlags,
    follow: { kind: "boolean", optional: true, withNegated: false, brief: "Go on until Ctrl-C" },
    tail: {
      kind: "parsed",
      parse: numberParser,
      optional: true,
      brief: "Only the last lines",
      placeholder: "count",
    },
  },
  aliases: { f: "follow" },
  args: [serviceArgument],
  async run({ io: { signal }, print }, { follow, tail, ...flags }, name) {
    const service = await (await openEngine(flags)).service(name, { signal });
    for await (const line of service.logs({ follow, tail, signal })) print.line(line, line.text);
    return signal.aborted ? exitCodeOf(signal.reason) : 0; // a signal ends what follows without an error
  },
});
