import { readFileSync } from "node:fs";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parseVectors } from "./parse_vectors.ts";

/**
 * Reads a file of vectors: `vectors("signing/acs3")` is `signing/acs3.json` in the folder that the environment
 * variable `VECTORS` names, else in `tests/fixtures/vectors`. The runner for workerd, which has no files,
 * puts a module in this one's place that holds the same files.
 *
 * @throws {Error} When the file is missing or empty: a test that has nothing to check must not pass.
 */
export function vectors<T = unknown>(name: string): T {
  const folder = vectorsFolder();
  let text: string;
  try {
    text = readFileSync(new URL(`${name}.json`, folder), "utf8");
  } catch (cause) {
    throw new Error(`Cannot read vectors "${name}": no such file in ${folder.href}`, { cause });
  }
  return parseVectors(name, text) as T; // the caller knows the file
}

/** The folder that `vectors` reads, with a slash at its end. */
export function vectorsFolder(): URL {
  const folder = environment("VECTORS");
  return folder ? pathToFileURL(`${folder}/`) : new URL("../fixtures/vectors/", import.meta.url);
}

/** Deno asks or throws where a variable may not be read; then it counts as not set. */
function environment(name: string): string | undefined {
  try {
    return process.env[name];
  } catch {
    return undefined;
  }
}
