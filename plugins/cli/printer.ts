import type { CliProcess } from "./context.ts";
import type { OutputFlags } from "./flags.ts";
import type { Progress } from "./progress.ts";
import { tabbed, table } from "./table.ts";
import { oneLine, textWidth } from "./text-width.ts";

/** Prints what a command was asked for, and nothing else, on standard output. */
export interface Printer {
  /** A document with `--json`, else text for people that ends in a line break. */
  result(document: unknown, text: () => string): void;
  /** A document with `--json`; else a table in a terminal, and cells between tabs in a pipe. */
  rows(document: unknown, head: readonly string[], rows: readonly (readonly string[])[]): void;
  /** A document with `--json`; else names and values, aligned in a terminal and between tabs in a pipe. */
  fields(document: unknown, fields: readonly (readonly [name: string, value: string])[]): void;
  /** One of many documents, each on a line of its own, with `--json`; else a line of text. */
  line(document: unknown, text: string): void;
  /** An answer as it came. */
  bytes(bytes: Uint8Array): void;
}

/** The printer for a command's flags. */
export function printerOf(
  { stdout }: CliProcess,
  { json = false }: OutputFlags,
  progress: Progress,
): Printer {
  const write = (chunk: string | Uint8Array): void => {
    progress.clear();
    stdout.write(chunk);
  };
  const document = (value: unknown): string =>
    `${JSON.stringify(value, null, stdout.isTTY ? 2 : undefined) ?? "null"}\n`;
  return {
    result: (value, text) => write(json ? document(value) : text()),
    rows: (value, head, rows) =>
      write(json ? document(value) : stdout.isTTY ? table(head, rows) : tabbed(rows)),
    fields(value, fields) {
      const width = Math.max(...fields.map(([name]) => textWidth(name)));
      const aligned = (): string =>
        fields.map(([name, value]) => `${name.padEnd(width)}  ${oneLine(value)}\n`).join("");
      write(json ? document(value) : stdout.isTTY ? aligned() : tabbed(fields));
    },
    line: (value, text) => write(json ? `${JSON.stringify(value)}\n` : `${text}\n`),
    bytes: write,
  };
}
