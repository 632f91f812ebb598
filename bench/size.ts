/**
 * Measures what one import costs in a bundle: `deno task size`, or with `--write` to put the table into README.md.
 * Exits 1 when an entry of ours is over its budget.
 *
 * Measured is the smallest program that uses the import, by esbuild `--bundle --minify --format=esm` and then
 * `gzip -9`. A KB is 1000 bytes.
 *
 * @module
 */
import { build, type Plugin, stop } from "esbuild";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";

interface Row {
  /** What the table says. */
  label: string;
  /** The smallest program that uses it. It must do something that the bundler can't leave out. */
  program: string;
  /** Most that gzip may make of it, in KB. Peers have none. */
  budget?: number;
}

const ours = "@pai-edge/sdk";

/** Budgets are aims of the project's design; a number over them is a bug. */
const rows: Row[] = [
  {
    label: "`./predictor`: call a model",
    program: `import { Predictor } from "${ours}/predictor";
export default (endpoint, token, input) => new Predictor({ endpoint, token }).predict(input);`,
    budget: 3.5,
  },
  {
    label: "`.`: a client with its signer and credentials",
    program:
      `import { createClient } from "${ours}"; export default createClient({ region: "cn-hangzhou" });`,
    budget: 9,
  },
  {
    label: "`./storage/oss`: object storage",
    program: `import { oss } from "${ours}/storage/oss";
export default (client, key, body) => oss(client, { bucket: "b" }).put(key, body);`,
    budget: 11,
  },
  {
    label: "aws4fetch",
    program:
      'import { AwsClient } from "aws4fetch"; export default new AwsClient({ accessKeyId: "a", secretAccessKey: "b" });',
  },
  {
    label: "openai",
    program: 'import OpenAI from "openai"; export default new OpenAI({ apiKey: "a" });',
  },
  {
    label: "ali-oss (its browser build)",
    program:
      'import OSS from "ali-oss"; export default new OSS({ accessKeyId: "a", accessKeySecret: "b", bucket: "c" });',
  },
];

const root = new URL("../", import.meta.url);
const here = fileURLToPath(new URL("./", import.meta.url));
const project = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));

/** Finds our entries, what `deno.json` links, and packages in the bench's own `node_modules`. */
const resolver: Plugin = {
  name: "resolver",
  setup({ onResolve, resolve }) {
    const files = new Map<string, URL>();
    const add = (name: string, exports: Record<string, string>, folder: URL): void => {
      for (const [entry, file] of Object.entries(exports)) {
        files.set(name + entry.slice(1), new URL(file, folder));
      }
    };
    add(ours, project.exports, root);
    for (const link of project.links) {
      const folder = new URL(`${link}/`, root);
      const { name, exports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", folder)));
      add(name, exports, folder);
    }
    onResolve({ filter: /^[^./]/ }, ({ path, kind, pluginData, resolveDir }) => {
      const file = files.get(path);
      if (file) return { path: fileURLToPath(file), sideEffects: false };
      if (pluginData === resolver || resolveDir.startsWith(`${here}node_modules`)) return undefined;
      return resolve(path, { kind, resolveDir: here, pluginData: resolver });
    });
  },
};

async function measure({ program }: Row): Promise<{ min: number; gzip: number }> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: here },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "error",
    plugins: [resolver],
  });
  const { contents } = outputFiles[0]!; // one entry makes one file
  return { min: contents.length, gzip: gzipSync(contents, { level: 9 }).length };
}

const kb = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;

/** Puts a text between the two marks of a file. */
function between(file: string, mark: string, text: string): string {
  const [start, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [from, to] = [file.indexOf(start), file.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`Cannot write the table: README.md has no ${start} … ${end}`);
  return `${file.slice(0, from + start.length)}\n\n${text}\n\n${file.slice(to)}`;
}

if (import.meta.main) {
  const lines = ["| import | minified | gzip | budget |", "| --- | ---: | ---: | ---: |"];
  const over: string[] = [];
  for (const row of rows) {
    const { min, gzip } = await measure(row);
    const budget = row.budget === undefined ? "" : `${row.budget} KB`;
    lines.push(`| ${row.label} | ${kb(min)} | ${kb(gzip)} | ${budget} |`);
    if (row.budget !== undefined && gzip > row.budget * 1000) over.push(`${row.label} is ${gzip} bytes`);
  }
  await stop();
  const table = lines.join("\n");
  console.log(table);
  if (Deno.args.includes("--write")) {
    const readme = new URL("README.md", root);
    await Deno.writeTextFile(readme, between(await Deno.readTextFile(readme), "size", table));
  }
  for (const line of over) console.error(`Over its budget: ${line}`);
  Deno.exitCode = over.length ? 1 : 0;
}
