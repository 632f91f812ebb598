/**
 * Runs the unit tests inside workerd with no compatibility flag: `deno run -A tests/edge/run.ts [folder]`.
 *
 * Bundles the folder's `*_test.ts` (`tests/unit` unless given) with stand-ins for `node:test`, `node:assert/strict` and the reader of
 * vectors, then lets `workerd test` run the bundle. A `node:` import of the SDK, or its use of a global such
 * as `process` or `Buffer`, fails. The binary is the one that the variable `WORKERD` names, else npm's.
 *
 * @module
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import { importMap } from "../support/import_map.ts";
import { root } from "../support/tree.ts";
import { vectorsFolder } from "../support/vectors.ts";

/** The newest version whose binaries the npm registry holds for every platform. */
const workerdFromNpm = "npm:workerd@1.20261023.1";
/** Behaviour of the platform as of this day; without flags. */
const compatibilityDate = "2026-01-01";

if (import.meta.main) {
  const tests = pathToFileURL(`${Deno.args[0] ?? fileURLToPath(new URL("tests/unit", root))}/`);
  const folder = await Deno.makeTempDir({ prefix: "edge-" });
  try {
    Deno.exitCode = await runInWorkerd(tests, pathToFileURL(`${folder}/`)) ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runInWorkerd(tests: URL, folder: URL): Promise<boolean> {
  const files = testFiles(tests);
  await writeEntry(folder, files);
  await writeVectors(folder);
  await writeConfig(folder);
  const bundle = new URL("worker.js", folder);
  const bundled = await run(Deno.execPath(), [
    ...["bundle", "--quiet", "--config", path("deno.json", folder), "--platform", "browser"],
    ...["--output", fileURLToPath(bundle), path("entry.ts", folder)],
  ]);
  if (!bundled.success) return report("the bundle could not be made", bundled.text);

  const imports = nodeImports(await Deno.readTextFile(bundle));
  if (imports.length) return report("the bundle needs Node", imports.join("\n"));

  const workerd = Deno.env.get("WORKERD");
  const [command, first] = workerd
    ? [workerd, []]
    : [Deno.execPath(), ["run", "-A", "--no-config", "--no-lock", workerdFromNpm]];
  const tested = await run(command, [...first, "test", path("config.capnp", folder)]);
  const result = /^RESULT (\{.*\})$/m.exec(tested.text)?.[1];
  if (!result) return report("workerd printed no result", tested.text);

  const { passed, failed, skipped, log, files: ran }: Result = JSON.parse(result);
  for (const line of log) console.log(line);
  if (!tested.success && !failed) return report("workerd failed", tested.text);
  if (!passed || ran !== files.length) return report("no test ran", `${ran} of ${files.length} files`);
  console.log(`workerd, ${files.length} files${skipped ? `, ${skipped} skipped` : ""}`);
  console.log(`${passed} passed, ${failed} failed`);
  return !failed;
}

/** What the worker prints. */
interface Result {
  passed: number;
  failed: number;
  skipped: number;
  log: string[];
  files: number;
}

/** The folder's own files; tests that need disk or sockets are in folders below `tests/unit`. */
function testFiles(folder: URL): URL[] {
  const names = [...Deno.readDirSync(folder)].filter((file) => file.isFile).map((file) => file.name);
  return names.filter((name) => name.endsWith("_test.ts")).sort().map((name) => new URL(name, folder));
}

/**
 * Imports every test statically, so that modules are evaluated where workerd allows no I/O, no timer and no
 * randomness. A marker before each file ends the hooks of the last one. The modules are mentioned because the
 * bundler leaves out a module that nothing uses where package.json says that imports have no side effects.
 * Unhandled rejections are left to the other runtimes: workerd reports those inside of its own `pipeThrough` too.
 */
async function writeEntry(folder: URL, files: URL[]): Promise<void> {
  const shim = JSON.stringify(new URL("tests/edge/node_test_shim.ts", root).href);
  const lines: string[] = [];
  for (const [i, { href }] of files.entries()) {
    const name = href.slice(href.lastIndexOf("/") + 1);
    const marker = `import { startFile } from ${shim};\nstartFile(${JSON.stringify(name)});\n`;
    await Deno.writeTextFile(new URL(`file-${i}.ts`, folder), marker);
    lines.push(`import "./file-${i}.ts";`, `import * as module${i} from ${JSON.stringify(href)};`);
  }
  const entry = `${lines.join("\n")}
import { runAll } from ${shim};
const modules = [${files.map((_, i) => `module${i}`).join(", ")}];
export default {
  async test(): Promise<void> {
    const report = await runAll();
    console.log("RESULT " + JSON.stringify({ ...report, files: modules.length }));
    if (report.failed) throw new Error("tests failed");
  },
};
`;
  await Deno.writeTextFile(new URL("entry.ts", folder), entry);
}

/** A module like `tests/support/vectors.ts` that carries the files instead of reading them. */
async function writeVectors(folder: URL): Promise<void> {
  const source = vectorsFolder();
  const files: Record<string, string> = {};
  for (const name of jsonFiles(source)) {
    files[name.slice(0, -".json".length)] = await Deno.readTextFile(new URL(name, source));
  }
  const module = `import { parseVectors } from ${
    JSON.stringify(new URL("tests/support/parse_vectors.ts", root).href)
  };
const files: Record<string, string> = ${JSON.stringify(files)};
export function vectors<T = unknown>(name: string): T {
  if (!Object.hasOwn(files, name)) throw new Error(\`Cannot read vectors "\${name}": no such file\`);
  return parseVectors(name, files[name]!) as T;
}
`;
  await Deno.writeTextFile(new URL("vectors.ts", folder), module);
}

function jsonFiles(folder: URL, prefix = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return jsonFiles(new URL(`${name}/`, folder), `${prefix}${name}/`);
    return name.endsWith(".json") ? [prefix + name] : [];
  });
}

/** The configuration of the bundler: the project's own imports, with stand-ins; and that of workerd. */
async function writeConfig(folder: URL): Promise<void> {
  const local = (file: string): string => new URL(file, root).href;
  const config = {
    imports: {
      ...importMap(),
      "node:test": local("tests/edge/node_test_shim.ts"),
      "node:assert/strict": local("tests/edge/assert_shim.ts"),
      [local("tests/support/vectors.ts")]: "./vectors.ts",
    },
    nodeModulesDir: "none",
  };
  await Deno.writeTextFile(new URL("deno.json", folder), JSON.stringify(config));
  // The project's pins, in a copy: what the bundler notes about this configuration is thrown away.
  await Deno.copyFile(new URL("deno.lock", root), new URL("deno.lock", folder)).catch(() => {});
  const workerd = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "tests", worker = .tests)]);
const tests :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "${compatibilityDate}",
);
`;
  await Deno.writeTextFile(new URL("config.capnp", folder), workerd);
}

/** Imports of Node's modules that a bundle still has, whether static, dynamic or required. */
function nodeImports(bundle: string): string[] {
  return bundle.split("\n").filter((line) =>
    /^(import|export)\b.*["']node:[\w/]+["'];?$/.test(line) ||
    /\b(import|require)\(["']node:[\w/]+["']/.test(line)
  );
}

async function run(command: string, args: string[]): Promise<{ success: boolean; text: string }> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const decoder = new TextDecoder();
  return { success, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

function report(problem: string, details: string): false {
  console.error(`Cannot test in workerd: ${problem}\n${details}`);
  console.log("0 passed, 1 failed");
  return false;
}

function path(file: string, folder: URL): string {
  return fileURLToPath(new URL(file, folder));
}
