import { abortable } from "./abortable.ts";
import type { CliProcess } from "./context.ts";
import { UsageError } from "./exit-codes.ts";

/**
 * Asks a person to type a name, so that nothing is destroyed by a slip of the finger.
 *
 * @throws {UsageError} when nobody is there to be asked, or the answer is another.
 */
export async function askForName(io: CliProcess, action: string, name: string): Promise<void> {
  if (!io.stdin.isTTY) {
    throw new UsageError(`Cannot ${action} "${name}": nobody is there to confirm it; give --yes`);
  }
  io.stderr.write(`To ${action} "${name}", type its name: `);
  if (await readLine(io) === name) return;
  throw new UsageError(`Cannot ${action} "${name}": it was not confirmed`);
}

/** The next line that is typed, or what there is before the end of the input. */
async function readLine({ stdin, signal }: CliProcess): Promise<string> {
  const decoder = new TextDecoder();
  let line = "";
  const reading = (async () => {
    for await (const chunk of stdin) {
      line += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
      if (line.includes("\n")) break;
    }
  })();
  await abortable(signal, reading);
  return line.split("\n", 1)[0]!.trim();
}
