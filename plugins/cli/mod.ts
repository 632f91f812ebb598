/**
 * `pai`, the command line: deploys models, looks after services and calls them (Deno, Bun, Node).
 *
 * ```sh
 * deno run -A jsr:@pai-edge/sdk/cli --help
 * ```
 *
 * @example As a function, which is how it is tested
 * ```ts
 * import { main } from "@pai-edge/sdk/cli";
 * import { emulator } from "@pai-edge/sdk/emulator";
 *
 * const { fetch } = emulator();
 * const exitCode = await main(["ls", "--json"], {
 *   stdin: new ReadableStream(),
 *   stdout: { write: (text) => console.log(text) }, // []
 *   stderr: { write: (text) => console.error(text) },
 *   env: {
 *     ALIBABA_CLOUD_REGION_ID: "cn-hangzhou",
 *     ALIBABA_CLOUD_ACCESS_KEY_ID: "emulatorAccessKeyId",
 *     ALIBABA_CLOUD_ACCESS_KEY_SECRET: "emulatorAccessKeySecret",
 *   },
 *   cwd: ".",
 *   signal: new AbortController().signal,
 *   fetch, // leave it out to call the real service
 * });
 * console.log(exitCode); // 0
 * ```
 *
 * @module
 */
import { run } from "@stricli/core";
import { redact } from "../../core/redact.ts";
import { application, commands } from "./app.ts";
import { type CliInput, type CliOutput, type CliProcess, type Context, Interrupt } from "./context.ts";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { reportError } from "./report-error.ts";
import { painter } from "./style.ts";

export { type CliInput, type CliOutput, type CliProcess, exitCodes, Interrupt };

/**
 * Runs one command line. It reads and writes through `io` alone, and never ends the process.
 *
 * @param args What follows the program's name.
 * @returns The exit code, one of {@linkcode exitCodes}.
 */
export async function main(args: readonly string[], io: CliProcess): Promise<number> {
  const json = wantsJson(args);
  let said = ""; // about the command line itself, which is a document too when those are wanted
  const process = {
    stdout: withColours(io.stdout, io),
    stderr: json ? { write: (text: string) => void (said += text) } : withColours(io.stderr, io),
    env: {},
    exitCode: undefined as number | undefined,
  };
  const context: Context = { io, process };
  await run(application(), args, { process, forCommand: () => context });
  const { outcome } = context;
  if (outcome && "exitCode" in outcome) return outcome.exitCode;
  if (outcome) return reportError(io, io.signal.aborted ? io.signal.reason : outcome.error, outcome.json);
  if (!process.exitCode) return exitCodes.ok; // help, or the version
  if (json) return reportError(io, new UsageError(said.trim()), true);
  const [command = ""] = args;
  io.stderr.write(`See pai ${Object.hasOwn(commands, command) ? `${command} ` : ""}--help\n`);
  return exitCodes.usage;
}

/** The flag may stand anywhere before `--`. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? undefined : end).includes("--json");
}

function withColours(output: CliOutput, { env }: CliProcess): {
  write: (text: string) => void;
  getColorDepth: () => number;
} {
  const isColoured = painter(output, env)("", "faint") !== "";
  return { write: (text) => void output.write(redact(text)), getColorDepth: () => isColoured ? 4 : 1 };
}

// In a bundle this is another module's part, and false.
if ((import.meta as { main?: boolean }).main) void import("./main.ts");
