import { dirname, resolve } from "node:path";
import type { CliProcess } from "./context.ts";
import { withEnvironment } from "./environment-values.ts";
import { InvalidFileError, UsageError } from "./exit-codes.ts";
import { readIfThere, readLocal } from "./local-file.ts";

/** What is looked for when no file is named. */
const defaultNames = ["pai.json", "pai.yaml", "pai.yml"];

/** A service file, read. */
export interface ServiceFile {
  /** Path as the user knows it. */
  path: string;
  /** Folder that paths in it are relative to. */
  folder: string;
  /** Its content, still to be judged. */
  content: Record<string, unknown>;
}

/**
 * Reads the file that is named, or the one of the default names that is in the folder; `undefined` when there is none
 * and none was asked for.
 *
 * @throws {UsageError} when it can't be read, or there are two.
 * @throws {InvalidFileError} when it is neither JSON nor YAML, no object, or names a variable that isn't set.
 */
export async function readServiceFile(
  { cwd, env }: Pick<CliProcess, "cwd" | "env">,
  named?: string,
): Promise<ServiceFile | undefined> {
  const found = named === undefined
    ? await findDefault(cwd)
    : { path: named, bytes: await readLocal(cwd, named) };
  if (!found) return undefined;
  const { path, bytes } = found;
  const text = new TextDecoder().decode(bytes);
  const content = path.endsWith(".json") ? await parseJson(path, text) : await parseYaml(path, text);
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new InvalidFileError(`Cannot read ${path}: it is no object; write { "name": "…", … }`);
  }
  const whole = withEnvironment(content, env, path) as Record<string, unknown>; // an object, as was checked
  return { path, folder: dirname(resolve(cwd, path)), content: whole };
}

async function findDefault(cwd: string): Promise<{ path: string; bytes: Uint8Array } | undefined> {
  const found = [];
  for (const path of defaultNames) {
    const bytes = await readIfThere(cwd, path);
    if (bytes) found.push({ path, bytes });
  }
  const [first, second] = found;
  if (!second) return first;
  throw new UsageError(`Cannot choose between ${first!.path} and ${second.path}: name one`);
}

async function parseJson(path: string, text: string): Promise<unknown> {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    // The engines' own messages differ, and quote what may be a secret.
    const where = await placeOfError(text);
    throw new InvalidFileError(`Cannot read ${path}: it is not JSON${where}`);
  }
}

async function parseYaml(path: string, text: string): Promise<unknown> {
  const { parseDocument } = await import("yaml"); // large, and rarely needed
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (!error) return document.toJS({ maxAliasCount: 100 });
  throw new InvalidFileError(`Cannot read ${path}: it is not YAML${lineAt(text, error.pos[0])}`);
}

/** YAML contains JSON, and its parser tells where it stopped. */
async function placeOfError(text: string): Promise<string> {
  const { parseDocument } = await import("yaml");
  const [error] = parseDocument(text, { prettyErrors: false }).errors;
  return error ? lineAt(text, error.pos[0]) : "; comments and commas at the end are none of it";
}

function lineAt(text: string, offset: number): string {
  const lines = text.slice(0, offset).split("\n");
  return `, line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
}
