import { numberParser } from "@stricli/core";
import type { LogLine } from "../../../core/service.ts";
import { logs } from "../../deploy/mod.ts";
import { command } from "../command.ts";
import { connect } from "../connect.ts";
import { parseDuration } from "../duration.ts";
import { exitCodeOf } from "../exit-codes.ts";
import { type ConnectionFlags, connectionFlags, serviceArgument, text } from "../flags.ts";

interface Flags extends ConnectionFlags {
  /** Goes on with what is printed from now on. */
  readonly follow?: boolean;
  /** Only the last lines. */
  readonly tail?: number;
  /** Only what was printed within this time, in milliseconds. */
  readonly since?: number;
  /** Only what this instance printed. */
  readonly instance?: string;
  /** What was printed before the container was started again. */
  readonly previous?: boolean;
}

/** `pai logs`: what a service printed. */
export const logsCommand = command<Flags, [name: string]>({
  brief: "Print what a service printed",
  description:
    "Prints the lines of a service's log, the oldest first; with --json each as a document of its own.",
  examples: [
    ["iris --tail 100", "The last hundred lines"],
    ["iris -f", "And what comes from now on, until Ctrl-C"],
    ["iris --since 10m --json", "The last ten minutes, a document for each line"],
  ],
  flags: {
    ...connectionFlags,
    follow: { kind: "boolean", optional: true, withNegated: false, brief: "Go on until Ctrl-C" },
    tail: {
      kind: "parsed",
      parse: numberParser,
      optional: true,
      brief: "Only the last lines",
      placeholder: "count",
    },
    since: {
      kind: "parsed",
      parse: parseDuration,
      optional: true,
      brief: "Only what was printed within a time, such as 10m",
      placeholder: "time",
    },
    instance: text("Only what this instance printed", "name"),
    previous: {
      kind: "boolean",
      optional: true,
      withNegated: false,
      brief: "What was printed before the container was started again",
    },
  },
  aliases: { f: "follow" },
  args: [serviceArgument],
  async run(tools, flags, name) {
    const { io: { signal }, print } = tools;
    const { follow, tail, since, instance, previous, timeout } = flags;
    const { client } = await connect(tools, flags);
    const lines: AsyncIterable<LogLine> = logs({ client, name }, {
      ...{ follow, tail, instance, previous, signal, timeout },
      ...(since && { since: new Date(client.clock.now() - since) }),
    });
    for await (const line of lines) print.line(line, line.text);
    return signal.aborted ? exitCodeOf(signal.reason) : 0; // a signal ends what follows without an error
  },
});
