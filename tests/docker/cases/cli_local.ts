// `pai local` with a real engine: a service file runs until Ctrl-C, or in the background.
import { before, test } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Interrupt } from "../../../plugins/cli/mod.ts";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import { inShell, type Ran, type Shell } from "../../support/pai.ts";
import { tinyImage } from "../images.ts";

let image: string;
before(async () => {
  const engine: Engine = await connectEngine();
  image = await tinyImage(engine);
});

const file = (more = ""): string =>
  `name: cli_local\nimage: ${image}\ncommand: ${more || "serve"}\nmodel: model\n`;

/** Runs `pai local` until it has printed something, uses that, and presses Ctrl-C. */
async function until(
  { pai }: Shell,
  args: string[],
  pattern: RegExp,
  use: (match: RegExpExecArray) => Promise<void>,
): Promise<Ran> {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<RegExpExecArray>();
  let out = "";
  const running = pai(["local", ...args], {
    signal: controller.signal,
    onOutput(text) {
      out += text;
      const match = pattern.exec(out);
      if (match) resolve(match);
    },
  });
  try {
    await use(await Promise.race([promise, running.then(({ err }) => Promise.reject(new Error(err)))]));
  } finally {
    controller.abort(new Interrupt());
  }
  return await running;
}

test("pai local runs a service file, tells where it answers, and removes it at Ctrl-C", () =>
  inShell({ "pai.yaml": file(), "model/name": "tiny" }, async (shell) => {
    const ended = await until(shell, [], /endpoint +(http:\S+)/, async ([, url]) => {
      const answer = await fetch(url!, { method: "POST", body: "[1]" });
      assert.equal((await answer.json()).bytes, 3);
      const listed = await shell.pai(["local", "ls"]);
      assert.match(listed.out, /^cli_local\tRunning\thttp:/);
    });
    assert.equal(ended.code, 0, ended.err);
    assert.match(ended.out, /^predict +curl http:/m);
    assert.match(ended.err, /service "cli_local" is removed\n$/);
    assert.equal((await shell.pai(["local", "ls"])).out, "");
  }));

test("pai local --detach leaves it running; logs, stop, start and delete look after it", () =>
  inShell({ "pai.yaml": file(), "model/name": "tiny" }, async ({ pai }) => {
    const { code, out, err } = await pai(["local", "--detach", "--json", "--quiet"]);
    assert.equal(code, 0, err);
    const { name, status, endpoint } = JSON.parse(out);
    assert.deepEqual([name, status], ["cli_local", "Running"]);
    try {
      assert.equal((await fetch(`${endpoint}health`)).status, 200);
      assert.deepEqual(JSON.parse((await pai(["local", "gc", "--json", "--dry-run"])).out).containers, []);
      const stopped = await pai(["local", "stop", name, "--json"]);
      assert.equal(JSON.parse(stopped.out).status, "Stopped");
      const started = await pai(["local", "start", name, "--json"]);
      assert.equal(JSON.parse(started.out).status, "Running");
      assert.equal((await fetch(`${JSON.parse(started.out).endpoint}health`)).status, 200);
      assert.equal((await pai(["local", "logs", name, "--tail", "1"])).code, 0);
    } finally {
      assert.equal((await pai(["local", "delete", name])).out, `deleted ${name}\n`);
    }
    assert.equal((await pai(["local", "delete", name])).code, 3);
  }));

test("pai local ends with 8 when the container ends by itself, before it answers and after", () =>
  inShell({
    "early.yaml": file("echo no such luck; exit 4"),
    "late.yaml": file("serve & sleep 2; echo that was all; exit 5"),
    "model/name": "tiny",
  }, async ({ pai }) => {
    const early = await pai(["local", "early.yaml"]);
    assert.equal(early.code, 8);
    assert.match(early.err, /error: .*4.*no such luck/);
    const late = await pai(["local", "late.yaml"]);
    assert.equal(late.code, 8, late.err);
    assert.match(late.out, /that was all/);
    assert.match(late.err, /error: .*5/);
    assert.equal((await pai(["local", "ls"])).out, "");
  }));

test("pai local that is cancelled while the service starts ends with 130 and leaves nothing", () =>
  inShell({ "pai.yaml": file("sleep 60"), "model/name": "tiny" }, async ({ pai }) => {
    const controller = new AbortController();
    const { code, err } = await pai(["local"], {
      signal: controller.signal,
      onError: (text) => /nothing listens/.test(text) && controller.abort(new Interrupt()),
    });
    assert.equal(code, 130, err);
    assert.equal((await pai(["local", "ls"])).out, "");
  }));

test("pai local gc removes what a pai left that was killed", () =>
  inShell({ "pai.yaml": file(), "model/name": "tiny" }, async ({ folder, pai }) => {
    const main = fileURLToPath(new URL("../../../plugins/cli/main.ts", import.meta.url));
    const args = "Deno" in globalThis ? ["run", "-A", "--frozen", main] : [main];
    const child = spawn(process.execPath, [...args, "local"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    for await (const chunk of child.stdout) {
      out += chunk;
      if (/^end +Ctrl-C$/m.test(out)) break;
    }
    assert.match(out, /endpoint +http:/);
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    assert.match((await pai(["local", "ls"])).out, /^cli_local\tRunning\t/);
    const { containers } = JSON.parse((await pai(["local", "gc", "--json"])).out);
    assert.deepEqual(containers.map(({ service }: { service: string }) => service), ["cli_local"]);
    assert.equal((await pai(["local", "ls"])).out, "");
  }));

test("pai emulator --docker runs what pai deploy deploys, and removes it when it ends", () =>
  inShell({ "pai.yaml": file(), "model/name": "tiny" }, async ({ pai }) => {
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<string>();
    const running = pai(["emulator", "--port", "0", "--docker"], {
      signal: controller.signal,
      onError: (text) =>
        void (/listens on (\S+);/.test(text) && resolve(/listens on (\S+);/.exec(text)![1]!)),
    });
    try {
      const address = await promise;
      const env = { PAI_ENDPOINT: address };
      const deployed = await pai(["deploy", "--quiet"], { env });
      assert.equal(deployed.code, 0, deployed.err);
      const predicted = await pai(["predict", "cli_local", "[1,2]"], { env });
      assert.equal(JSON.parse(predicted.out).bytes, 5, predicted.err);
      assert.match((await pai(["local", "ls"])).out, /^cli_local_\w+\tRunning\t/);
    } finally {
      controller.abort(new Interrupt());
    }
    assert.equal((await running).code, 0);
    assert.equal((await pai(["local", "ls"])).out, "");
  }, { fetch: (url, init) => fetch(url, init) }));
