import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { Interrupt } from "../../../plugins/cli/mod.ts";
import { inShell, type RunOptions, type Shell } from "../../support/pai.ts";

/** Runs `pai emulator` until the test is done, and gives it what was printed. */
async function listening(
  { pai }: Shell,
  args: string[],
  use: (url: string) => Promise<void>,
  options: RunOptions = {},
): Promise<{ code: number; out: string; err: string }> {
  const controller = new AbortController();
  const ready = Promise.withResolvers<string>();
  const running = pai(["emulator", "--port", "0", ...args], {
    ...options,
    signal: controller.signal,
    onError(text) {
      const [, url] = /listens on (\S+);/.exec(text) ?? [];
      if (url) ready.resolve(url);
    },
  });
  try {
    await use(
      await Promise.race([ready.promise, running.then(({ err }) => Promise.reject(new Error(err)))]),
    );
  } finally {
    controller.abort(new Interrupt());
  }
  return await running;
}

test("pai emulator prints the environment that leads to it, and ends with 0 when it is interrupted", () =>
  inShell({}, async (shell) => {
    let address = "";
    const { code, out, err } = await listening(shell, [], async (url) => {
      address = url;
      assert.equal((await fetch(`${url}/api/predict/none`)).status, 404);
    });
    assert.equal(code, 0);
    assert.match(err, /the emulator has stopped\n$/);
    await assert.rejects(fetch(address));
    const env = Object.fromEntries(
      [...out.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
    );
    assert.deepEqual(env, {
      PAI_ENDPOINT: address,
      ALIBABA_CLOUD_REGION_ID: "cn-hangzhou",
      ALIBABA_CLOUD_ACCESS_KEY_ID: "emulatorAccessKeyId",
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: "emulatorAccessKeySecret",
      PAI_OSS_BUCKET: "emulator-bucket",
    });
    const json = await listening(shell, ["--json"], () => Promise.resolve());
    const document = JSON.parse(json.out);
    assert.equal(document.url, document.env.PAI_ENDPOINT);
  }));

test("with --faults requests are told apart by what they ask for, and without it nobody listens to them", () =>
  inShell({}, async (shell) => {
    const statusOf = async (url: string, fault: string): Promise<number> => {
      const answer = await fetch(`${url}/api/predict/none`, { headers: { "x-emulator-fault": fault } });
      await answer.body?.cancel();
      return answer.status;
    };
    await listening(shell, ["--faults"], async (url) => {
      const statuses = [];
      for (let attempt = 0; attempt < 3; attempt++) statuses.push(await statusOf(url, "503 first=2"));
      assert.deepEqual(statuses, [503, 503, 404]);
      assert.equal(await statusOf(url, "450"), 450);
      await assert.rejects(statusOf(url, "drop=before"));
      assert.equal(await statusOf(url, "no such fault"), 400);
    });
    await listening(shell, [], async (url) => assert.equal(await statusOf(url, "503"), 404));
  }));

/** A shell whose commands call what listens, over sockets. */
const sockets = { fetch: (url: string, init: RequestInit) => fetch(url, init) };
const app = ["--image", "a/b:1", "--command", "python app.py", "--instance-type", "ecs.c6.large"];

test("a server of one's own answers for a service, and objects are in a folder until the emulator ends", () =>
  inShell({ "src/app.py": "print()" }, async (shell) => {
    const server = createServer((incoming, outgoing) => {
      if (incoming.method === "GET") return void outgoing.end("ready"); // asked by the wait
      incoming.pipe(outgoing.setHeader("content-type", incoming.headers["content-type"] ?? ""));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
    try {
      const flags = ["--forward", `echo=http://127.0.0.1:${port}/`, "--folder", "objects"];
      await listening(shell, flags, async (PAI_ENDPOINT) => {
        const env = { PAI_ENDPOINT };
        const deployed = await shell.pai(["deploy", "--name", "echo", ...app], { env });
        assert.equal(deployed.code, 0, deployed.err);
        const { out } = await shell.pai(["predict", "echo", '{"a":[1]}'], { env });
        assert.equal(out, '{"a":[1]}\n');
        assert.ok(existsSync(join(shell.folder, "objects")));
      });
      assert.ok(!existsSync(join(shell.folder, "objects")));
    } finally {
      server.close();
    }
  }, sockets));

test("a failure that is asked for ends in its cause and how to mend it, and in the service's log", () =>
  inShell({}, async (shell) => {
    await listening(
      shell,
      ["--scenario", "bad=OOMKilled", "--scenario", "worse=ImagePullBackOff"],
      async (url) => {
        const env = { PAI_ENDPOINT: url };
        const failed = await shell.pai(["deploy", "--name", "worse", ...app], { env });
        assert.equal(failed.code, 8);
        assert.match(
          failed.err,
          /error: .*the image "a\/b:1" cannot be pulled: .*; the service was deleted; give --keep/,
        );
        assert.match(failed.err, /^ {2}(status|event|instance|diagnosis): /m);

        const kept = await shell.pai(["deploy", "--name", "bad", ...app, "--keep", "--json"], { env });
        const { error } = JSON.parse(kept.out);
        assert.deepEqual([kept.code, error.exitCode, error.causes[0].kind], [8, 8, "out-of-memory"]);
        const { out } = await shell.pai(["logs", "bad", "--previous", "--tail", "1", "--json"], { env });
        assert.equal(typeof JSON.parse(out).text, "string");
      },
    );
  }, sockets));

test("an emulator that can't start says why", () =>
  inShell({}, async (shell) => {
    await listening(shell, [], async (url) => {
      const { code, err, out } = await shell.pai(["emulator", "--port", new URL(url).port]);
      assert.deepEqual([code, out], [1, ""]);
      assert.match(err, /Cannot start the emulator: port \d+ is in use; give another with --port/);
    });
    for (const flags of [["--scenario", "a=Hunger"], ["--forward", "a=nowhere at all"], ["--forward", "a"]]) {
      const { code, err } = await shell.pai(["emulator", "--port", "0", ...flags]);
      assert.equal(code, 2, err);
    }
  }));

test("pai logs -f goes on until it is interrupted", () =>
  inShell({}, async (shell) => {
    await listening(shell, ["--forward", "echo=http://127.0.0.1:9"], async (PAI_ENDPOINT) => {
      const env = { PAI_ENDPOINT };
      await shell.pai(["deploy", "--name", "echo", ...app, "--no-wait"], { env });
      const controller = new AbortController();
      const { code, out } = await shell.pai(["logs", "echo", "-f"], {
        env,
        signal: controller.signal,
        onOutput: () => controller.abort(new Interrupt()),
      });
      assert.equal(code, 130);
      assert.match(out, /\w+\n$/);
    });
  }, sockets));
