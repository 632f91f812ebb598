// The example of an edge worker as Cloudflare gets it: bundled by Wrangler, run by workerd with no compatibility flag,
// called over sockets: `deno test -A tests/edge/worker.ts`. Needs npm, and Node and workerd as `NODE` and `WORKERD`, or
// in the `PATH`.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import heldOut from "../../examples/digits/held-out.json" with { type: "json" };
import model from "../../examples/digits/tensorflow.json" with { type: "json" };
import { type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { type EmulatorServer, serve } from "../../plugins/emulator/serve.ts";
import { copyProject } from "../support/copy_project.ts";
import { pipe, until } from "../support/gateways.ts";
import { encodePng } from "../support/png.ts";
import { find } from "../support/run_tests.ts";
import { api, object } from "../support/signed_calls.ts";

const wrangler = "wrangler@4.164.0";
/** What the example lets pass at a time; see its index.ts. */
const concurrency = 32;
const authorization = "Bearer open-sesame";

let folder = "";
let services: EmulatorServer;
let workerd: Deno.ChildProcess;
let url = "";
/** The streams of chat that the service is writing. */
let chats: ReturnType<typeof pipe>[] = [];

before(async () => {
  const node = find("node", "22.12.0");
  assert.ok(node, "Wrangler needs Node; set NODE to one");
  folder = await mkdtemp(join(tmpdir(), "edge-worker-"));
  copyProject(folder);
  const flags = [
    "--no-package-lock",
    "--no-save",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  await run("npm", ["install", ...flags, wrangler], folder);
  const [script, out] = [join(folder, "node_modules/wrangler/bin/wrangler.js"), join(folder, "dist")];
  await run(node, [script, "deploy", "--dry-run", "--outdir", out], join(folder, "examples/edge-worker"));
  services = await serve(await emulatedServices());
  await startWorkerd(out);
});
after(async () => {
  workerd?.kill("SIGKILL");
  await workerd?.status;
  await services?.close();
  await rm(folder, { recursive: true, force: true });
});

async function run(command: string, args: string[], cwd: string): Promise<void> {
  const env = { WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" };
  const { success, stdout, stderr } = await new Deno.Command(command, { args, cwd, env }).output();
  const decoder = new TextDecoder();
  assert.ok(success, `${command} ${args.join(" ")}\n${decoder.decode(stdout)}${decoder.decode(stderr)}`);
}

/** The digits' own network, and a model whose answers the tests write. */
async function emulatedServices(): Promise<Emulator> {
  const qwen = (): Response => {
    const chat = pipe();
    chats.push(chat);
    return new Response(chat.stream, { headers: { "content-type": "text/event-stream" } });
  };
  const cloud = emulator({ delays: { create: 0, gateway: 0 }, handlers: { qwen } });
  await object(cloud, "PUT emulator-bucket/digits.json", { body: JSON.stringify(model) });
  for (
    const body of [
      { name: "digits", processor: "tensorflow_cpu_2.7", model_path: "oss://emulator-bucket/digits.json" },
      { name: "qwen" },
    ]
  ) {
    await api(cloud, "CreateService", "POST /api/v2/services", {
      body: { ...body, token: `of-${body.name}` },
    });
  }
  return cloud;
}

async function startWorkerd(out: string): Promise<void> {
  const bindings = {
    CLASSIFIER_ENDPOINT: `${services.url}/api/predict/digits`,
    CLASSIFIER_TOKEN: "of-digits",
    CHAT_ENDPOINT: `${services.url}/api/predict/qwen`,
    CHAT_TOKEN: "of-qwen",
    CALLER_KEY: "open-sesame",
    PAGE_ORIGIN: "https://page.example.com",
  };
  const toml = await readFile(join(folder, "examples/edge-worker/wrangler.toml"), "utf8");
  const date = /^compatibility_date = "(.*?)"/m.exec(toml)?.[1];
  assert.doesNotMatch(toml, /^compatibility_flags/m);
  const list = Object.entries(bindings).map(([name, text]) =>
    `(name = "${name}", text = ${JSON.stringify(text)})`
  );
  await writeFile(
    join(out, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "internet", network = (allow = ["local", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
const worker :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed "index.js")],
  bindings = [${list.join(", ")}],
  compatibilityDate = "${date}",
);
`,
  );
  const command = Deno.env.get("WORKERD") ?? "workerd";
  const args = ["serve", "config.capnp", "--control-fd=1"];
  workerd = new Deno.Command(command, { args, cwd: out, stdout: "piped" }).spawn();
  let told = "";
  for await (const chunk of workerd.stdout.values({ preventCancel: true })) {
    told += new TextDecoder().decode(chunk);
    const port = /"event":"listen".*"port":(\d+)/.exec(told)?.[1];
    if (port) return void (url = `http://127.0.0.1:${port}`);
  }
  assert.fail(`workerd says ${told}`);
}

function chat(signal?: AbortSignal): Promise<Response> {
  const body = JSON.stringify({ messages: [], stream: true });
  const init = {
    method: "POST",
    body,
    headers: { authorization, "content-type": "application/json" },
    signal,
  };
  return fetch(`${url}/chat/v1/chat/completions`, init);
}

test("the bundle that Wrangler would send is at most 27,000 bytes, compressed", async () => {
  const bundle = await readFile(join(folder, "dist/index.js"));
  const { length } = gzipSync(bundle, { level: 9 });
  console.log(`${bundle.length} bytes, ${length} compressed`);
  assert.ok(length <= 27_000, `${length} bytes`);
  assert.doesNotMatch(bundle.toString(), /["']node:/);
});

test("workerd classifies images", async () => {
  for (const index of [0, 1, 2]) {
    const grey = Uint8Array.from(heldOut.images[index]!.flat(), (pixel) => pixel * 255 / 16);
    const body = await encodePng(8, 8, grey, { filter: () => 4 });
    const answer = await fetch(`${url}/classify`, { method: "POST", body, headers: { authorization } });
    assert.equal(answer.status, 200);
    assert.equal((await answer.json()).digit, heldOut.labels[index]);
  }
});

test("workerd passes a stream of chat on, each event before the next is written", async () => {
  chats = [];
  const answer = chat();
  await until(() => chats.length === 1);
  chats[0]!.write("data: 0\n\n");
  const reader = (await answer).body!.getReader();
  for (let event = 0; event < 20; event++) {
    const { value } = await reader.read();
    assert.equal(new TextDecoder().decode(value), `data: ${event}\n\n`);
    chats[0]!.write(`data: ${event + 1}\n\n`);
  }
  chats[0]!.close();
  assert.equal(new TextDecoder().decode((await reader.read()).value), "data: 20\n\n");
  assert.equal((await reader.read()).done, true);
});

test("a caller that leaves workerd ends its request to the service, and makes room for others", async () => {
  chats = [];
  const callers = Array.from({ length: concurrency }, () => new AbortController());
  const answers = callers.map(({ signal }) => chat(signal));
  await until(() => chats.length === concurrency);
  for (const { write } of chats) write("data: 0\n\n");
  for (const answer of answers) assert.equal((await answer).status, 200);
  const refused = await chat();
  assert.equal(refused.status, 503);
  await refused.body?.cancel();
  for (const [index, caller] of callers.entries()) {
    caller.abort();
    await answers[index]!.then((answer) => answer.text()).catch(() => {});
  }
  // A model writes on; that nobody is there any more, TCP tells only who writes.
  await until(() => {
    const going = chats.filter(({ cancelled }) => !cancelled.length);
    for (const { write } of going) write("data: 1\n\n");
    return !going.length;
  });
  const next = chat();
  await until(() => chats.length > concurrency);
  chats.at(-1)!.close();
  assert.equal((await next).status, 200);
  await (await next).text();
});

test("a caller that leaves workerd while the service is silent ends its request, before the first event and after", async () => {
  for (const events of [0, 1]) {
    chats = [];
    const caller = new AbortController();
    const answer = chat(caller.signal);
    await until(() => chats.length === 1);
    if (events) chats[0]!.write("data: 0\n\n");
    const reader = (await answer).body!.getReader();
    await reader.read(); // the event, or a comment
    caller.abort();
    await reader.read().catch(() => {});
    await until(() => chats[0]!.cancelled.length > 0);
  }
});
