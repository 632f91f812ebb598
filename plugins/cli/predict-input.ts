import { abortable } from "./abortable.ts";
import type { CliProcess } from "./context.ts";
import { UsageError } from "./exit-codes.ts";
import { readLocal } from "./local-file.ts";

/** What to send to a service: a value in its own format, or bytes as they are. */
export interface PredictInput {
  /** What the command line says, for messages. */
  label: string;
  /** The bytes. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Name of the file, whose end tells the format. */
  file?: string;
}

/**
 * Finds the input: `@file`, `-` for standard input, else the text itself; standard input when nothing is said and
 * nobody is typing.
 *
 * @throws {UsageError} when there is none, or the file can't be read.
 */
export async function predictInput(io: CliProcess, argument: string | undefined): Promise<PredictInput> {
  if (argument?.startsWith("@")) {
    const file = argument.slice(1);
    return { label: file, file, bytes: await readLocal(io.cwd, file) };
  }
  if (argument !== undefined && argument !== "-") {
    return { label: "the input", bytes: new TextEncoder().encode(argument) };
  }
  if (argument === undefined && io.stdin.isTTY) {
    throw new UsageError(
      "Cannot predict: there is no input; give JSON, @file.json, @file.npy, or - for standard input",
    );
  }
  return { label: "standard input", bytes: await abortable(io.signal, readAll(io.stdin)) };
}

/**
 * Reads the value: arrays of numpy, told by their first bytes, else JSON.
 *
 * @throws {UsageError} when it is neither.
 */
export async function inputValue({ label, bytes }: PredictInput): Promise<unknown> {
  if (startsWith(bytes, "\x93NUMPY")) return (await import("../serializers/npy.ts")).decodeNpy(bytes);
  if (startsWith(bytes, "PK\x03\x04")) {
    return await (await import("../serializers/npz.ts")).npz().deserialize(bytes);
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new UsageError(
      `Cannot predict: ${label} is neither JSON nor an array of numpy; ` +
        "give --content-type to send it as it is",
    );
  }
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((character, i) => bytes[i] === character.charCodeAt(0));
}

async function readAll(stdin: CliProcess["stdin"]): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: BlobPart[] = [];
  for await (const chunk of stdin) chunks.push(typeof chunk === "string" ? chunk : new Uint8Array(chunk));
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
