import { readFileSync } from "node:fs";
import { root } from "./tree.ts";

/**
 * The imports of `deno.json` for a configuration in another folder: what is linked there, because a link can't
 * leave the folder of its configuration, comes as addresses of files, and so do the project's own entries.
 */
export function importMap(): Record<string, string> {
  const project = JSON.parse(readFileSync(new URL("deno.json", root), "utf8"));
  const files = [".", ...project.links].map((link: string) => {
    const folder = new URL(`${link}/`, root);
    const { name, exports } = JSON.parse(readFileSync(new URL("deno.json", folder), "utf8"));
    const entries = Object.entries<string>(exports);
    return Object.fromEntries(
      entries.map(([entry, file]) => [name + entry.slice(1), new URL(file, folder).href]),
    );
  });
  return Object.assign({}, project.imports, ...files);
}
