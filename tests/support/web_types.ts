/**
 * Checks the sources that run everywhere against types of the web alone: `deno run -A tests/support/web_types.ts`.
 * A use of `Deno`, `Bun`, `process`, `Buffer` or `window` does not compile then.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { isSource, nodeFiles } from "../repo/architecture.ts";
import { importMap } from "./import_map.ts";
import { projectFiles, root } from "./tree.ts";

/** Runs `deno check` on files with no types but ECMAScript's and those of web workers. */
export async function checkWebTypes(files: URL[]): Promise<{ success: boolean; output: string }> {
  const folder = await Deno.makeTempDir({ prefix: "web-types-" });
  try {
    const project = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
    const config = {
      imports: importMap(),
      nodeModulesDir: "none",
      compilerOptions: { ...project.compilerOptions, lib: ["esnext", "webworker"] },
    };
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
    await Deno.copyFile(new URL("deno.lock", root), `${folder}/deno.lock`).catch(() => {});
    const entry = new URL("entry.ts", pathToFileURL(`${folder}/`));
    await Deno.writeTextFile(entry, files.map(({ href }) => `import ${JSON.stringify(href)};\n`).join(""));
    const args = ["check", "--quiet", "--config", `${folder}/deno.json`, entry.href];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    return { success, output: new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The published files but those that need an operating system. */
export function webFiles(): URL[] {
  const files = projectFiles().filter((path) => isSource(path) && !nodeFiles.includes(path));
  return files.map((path) => new URL(path, root));
}

if (import.meta.main) {
  const files = webFiles();
  const { success, output } = await checkWebTypes(files);
  if (!success) console.error(output);
  console.log(`${files.length} files ${success ? "compile" : "do not compile"} with the web's types alone`);
  Deno.exitCode = success ? 0 : 1;
}
