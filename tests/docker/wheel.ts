/**
 * Python wheels for tests, so that pip has something to install without an index.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";

/** Writes a wheel of one module into a folder, as `name-version-py3-none-any.whl`. */
export function writeWheel(
  folder: string,
  { name, version, code }: { name: string; version: string; code: string },
): void {
  const info = `${name}-${version}.dist-info`;
  const files: Record<string, string> = {
    [`${name}.py`]: code,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
  };
  const record = [...Object.keys(files), `${info}/RECORD`].map((path) => `${path},,\n`).join("");
  const all = { ...files, [`${info}/RECORD`]: record };
  const content = Object.fromEntries(Object.entries(all).map(([path, text]) => [path, strToU8(text)]));
  writeFileSync(join(folder, `${name}-${version}-py3-none-any.whl`), zipSync(content));
}
