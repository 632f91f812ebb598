/**
 * Measures what one import costs in a bundle: `deno task size`, or with `--write` to put the table into README.md.
 * Exits 1 when an entry of ours is over its budget.
 *
 * Measured is the smallest program that uses the import, in bytes, by esbuild `--bundle --minify --format=esm` and
 * then `gzip -9`.
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
  /** Most bytes that gzip may make of it. Peers have no budget. */
  budget?: number;
}

const ours = "@pai-edge/sdk";

/** Budgets are aims of the project's design; a number over them is a bug. */
const rows: Row[] = [
  {
    label: "`./predictor`: call a model",
    program: `import { Predictor } from "${ours}/predictor";
export default (endpoint, token, input) => new Predictor({ endpoint, token }).predict(input);`,
    budget: 4_000,
  },
  {
    label: "`.`: a client with its signer and credentials",
    program:
      `import { createClient } from "${ours}"; export default createClient({ region: "cn-hangzhou" });`,
    budget: 9_550,
  },
  {
    label: "`./predictor` with `./predict/stream`",
    program: `import { Predictor } from "${ours}/predictor";
import { stream } from "${ours}/predict/stream";
export default (endpoint, token, input) => stream(new Predictor({ endpoint, token }), input);`,
    budget: 8_250,
  },
  {
    label: "`./predictor` with `./predict/chat`",
    program: `import { Predictor } from "${ours}/predictor";
import { chatStream } from "${ours}/predict/chat";
export default (endpoint, token, messages) => chatStream(new Predictor({ endpoint, token }), { messages });`,
    budget: 8_450,
  },
  {
    label: "`./predictor` with `./predict/openai`",
    program: `import { Predictor } from "${ours}/predictor";
import { openai } from "${ours}/predict/openai";
export default (endpoint, token) => openai(new Predictor({ endpoint, token }));`,
    budget: 6_000,
  },
  {
    label: "`./storage/oss`: object storage",
    program: `import { oss } from "${ours}/storage/oss";
export default (client, key, body) => oss(client, { bucket: "b" }).put(key, body);`,
    budget: 11_000,
  },
  {
    label: "`./queue`: `AsyncPredictor`",
    program: `import { AsyncPredictor } from "${ours}/queue";
export default async (endpoint, token, input) =>
  (await new AsyncPredictor({ endpoint, token }).predict(input)).result();`,
  },
  {
    label: "`./storage/multipart`: uploads of any size",
    program: `import { oss } from "${ours}/storage/oss";
import { upload } from "${ours}/storage/multipart";
export default (client, key, source) => upload(oss(client, { bucket: "b" }), key, source);`,
  },
  {
    label: "`./storage/verified`",
    program: `import { oss } from "${ours}/storage/oss";
import { getVerified } from "${ours}/storage/verified";
export default (client, key) => getVerified(oss(client, { bucket: "b" }), key);`,
  },
  {
    label: "`./storage/oss` with all of its functions, `oss-v1` and `post-policy`",
    program: `export * from "${ours}/storage/oss"; export * from "${ours}/storage/oss-v1";
export * from "${ours}/storage/post-policy";`,
  },
  {
    label: "`./predictor` with `./serializers/tensorflow`",
    program: `import { Predictor } from "${ours}/predictor";
import { tensorflow } from "${ours}/serializers/tensorflow";
export default (endpoint, token, input) => new Predictor({ endpoint, token, serializer: tensorflow() }).predict(input);`,
    budget: 11_550,
  },
  {
    label: "the same with `pytorch` and `npy`",
    program: `import { Predictor } from "${ours}/predictor";
import { npy } from "${ours}/serializers/npy";
import { pytorch } from "${ours}/serializers/pytorch";
import { tensorflow } from "${ours}/serializers/tensorflow";
export default (endpoint, token, input) => [tensorflow(), pytorch(), npy()].map((serializer) =>
  new Predictor({ endpoint, token, serializer }).predict(input));`,
    budget: 13_550,
  },
  {
    label: "the codec: `./protos/tf-predict`, `./protos/pytorch-predict`",
    program:
      `import { decode, encode, encodeChunks, encodeInto, predictRequest, predictResponse } from "${ours}/protos/tf-predict";
import { predictRequest as torchRequest, predictResponse as torchResponse } from "${ours}/protos/pytorch-predict";
export { decode, encode, encodeChunks, encodeInto, predictRequest, predictResponse, torchRequest, torchResponse };`,
    budget: 4_950,
  },
  {
    label: "`./tensor`",
    program: `import { tensor } from "${ours}/tensor"; export default (data) => tensor(data, [-1, 2]);`,
  },
  {
    label: "`./predictor` with `./predict/eas-signature`",
    program: `import { Predictor } from "${ours}/predictor";
import { easSignature } from "${ours}/predict/eas-signature";
export default (endpoint, token, input) => new Predictor({ endpoint, auth: easSignature(token) }).predict(input);`,
  },
  {
    label: "`./predictor` with `./predict/direct`",
    program: `import { Predictor } from "${ours}/predictor";
import { direct } from "${ours}/predict/direct";
export default (endpoint, token, input) => new Predictor({ endpoint, token, fetch: direct() }).predict(input);`,
  },
  {
    label: "`./predictor` with `./predict/hedging` and `timeouts`",
    program: `import { Predictor } from "${ours}/predictor";
import { withHedging } from "${ours}/predict/hedging";
import { withTimeouts } from "${ours}/predict/timeouts";
export default (endpoint, input) => new Predictor({ endpoint, fetch: withTimeouts(withHedging(fetch), { idle: 1 }) }).predict(input);`,
  },
  {
    label: "`./predict/explain`",
    program: `import { explain } from "${ours}/predict/explain"; export default (error) => explain(error);`,
  },
  {
    label: "`./serializers/torchrec`",
    program: `import { torchrec } from "${ours}/serializers/torchrec"; export default torchrec();`,
  },
  {
    label: "`./serializers/npz`",
    program: `import { npz } from "${ours}/serializers/npz"; export default npz();`,
  },
  {
    label: "`./serializers/csv`",
    program: `import { csv } from "${ours}/serializers/csv"; export default csv();`,
  },
  {
    label: "`./serializers/image`",
    program: `import { image } from "${ours}/serializers/image"; export default image();`,
  },
  {
    label: "`./serializers/protobuf`",
    program:
      `import { protobuf } from "${ours}/serializers/protobuf"; export default (request, response) => protobuf(request, response);`,
  },
  {
    label: "`./deploy`",
    program: `import { eas, InferenceSpec, Model } from "${ours}/deploy";
export default (client) => new Model({ inferenceSpec: new InferenceSpec({}) }).deploy(eas(client), {});`,
  },
  {
    label: "`./images`",
    program: `import { retrieveImage } from "${ours}/images";
export default (client) => retrieveImage(client, "PyTorch");`,
  },
  {
    label: "`./models`",
    program:
      `import { getModel } from "${ours}/models"; export default (client) => getModel(client, "iris");`,
  },
  {
    label: "`./workspace`",
    program:
      `import { defaultStorage } from "${ours}/workspace"; export default (client) => defaultStorage(client);`,
  },
  {
    label: "`./storage/memory`",
    program: `import { memory } from "${ours}/storage/memory"; export default memory();`,
  },
  {
    label: "`./storage/map`",
    program: `import { fromMap } from "${ours}/storage/map"; export default (files) => fromMap(files);`,
  },
  {
    label: "`./storage/files`",
    program: `import { fromDisk } from "${ours}/storage/files"; export default (path) => fromDisk(path);`,
  },
  {
    label: "`./storage/tar`",
    program: `import { tarGz } from "${ours}/storage/tar"; export default (source) => tarGz(source);`,
  },
  {
    label: "`./storage/extract`",
    program:
      `import { extract } from "${ours}/storage/extract"; export default (body) => extract(body, "m");`,
  },
  {
    label: "`./storage/download`",
    program:
      `import { download } from "${ours}/storage/download"; export default (bucket) => download(bucket, "k", "f");`,
  },
  {
    label: "`./storage/git`",
    program: `import { fromGit } from "${ours}/storage/git"; export default (repo) => fromGit({ repo });`,
  },
  {
    label: "`./gateway` with its predictor",
    program: `import { toFetchHandler } from "${ours}/gateway";
export default { fetch: toFetchHandler({ endpoint: "https://example.com", token: "t" }) };`,
  },
  {
    label: "`examples/edge-worker`, all of it: Hono, TensorFlow, PNG, chat",
    program: 'export { default } from "../examples/edge-worker/src/index.ts";',
    budget: 27_000,
  },
  {
    label: "`./emulator`",
    program: `import { emulator } from "${ours}/emulator"; export default emulator();`,
  },
  {
    label: "`./emulator/serve`",
    program: `import { serve } from "${ours}/emulator/serve"; export default (cloud) => serve(cloud);`,
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
    external: ["node:*"],
    write: false,
    logLevel: "error",
    plugins: [resolver],
  });
  const { contents } = outputFiles[0]!; // one entry makes one file
  return { min: contents.length, gzip: gzipSync(contents, { level: 9 }).length };
}

/** A Markdown table with aligned columns; all but the first hold numbers. */
function table(head: string[], body: string[][]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((row) => row[column]!.length)));
  const line = (cells: string[]): string =>
    `| ${cells.map((cell, i) => i ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = widths.map((width, i) => i ? `${"-".repeat(width - 1)}:` : "-".repeat(width));
  return [head, rule, ...body].map(line).join("\n");
}

/** Puts a text between the two marks of a file. */
function between(file: string, mark: string, text: string): string {
  const [start, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [from, to] = [file.indexOf(start), file.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`Cannot write the table: README.md has no ${start} … ${end}`);
  return `${file.slice(0, from + start.length)}\n\n${text}\n\n${file.slice(to)}`;
}

if (import.meta.main) {
  const body: string[][] = [];
  const over: string[] = [];
  for (const row of rows) {
    const { min, gzip } = await measure(row);
    body.push([row.label, ...[min, gzip, row.budget].map((bytes) => bytes?.toLocaleString("en") ?? "")]);
    if (row.budget !== undefined && gzip > row.budget) over.push(`${row.label} is ${gzip} bytes`);
  }
  await stop();
  const text = table(["import", "minified", "gzip", "budget"], body);
  console.log(text);
  if (Deno.args.includes("--write")) {
    const readme = new URL("README.md", root);
    await Deno.writeTextFile(readme, between(await Deno.readTextFile(readme), "size", text));
  }
  for (const line of over) console.error(`Over its budget: ${line}`);
  Deno.exitCode = over.length ? 1 : 0;
}
