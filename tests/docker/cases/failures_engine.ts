// Engines, registries and processes that fail: each a typed error or a clean recovery, and nothing left behind.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import process from "node:process";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ServiceError } from "../../../core/errors.ts";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import { DockerError, type DockerErrorCode, localDocker } from "../../../plugins/local-docker/mod.ts";
import { tinyImage } from "../images.ts";
import { deployed, held, leavingNothing, rejection, until } from "../services.ts";

let engine: Engine;
let image: string;
before(async () => {
  engine = await connectEngine();
  image = await tinyImage(engine);
});

const serving = { command: "/bin/serve" };

test("no engine: the error tells what was tried and how to start one", async () => {
  const host = "unix:///nowhere/docker.sock";
  const error = await rejection(deployed("nowhere", { spec: { ...serving, image }, target: { host } }));
  assert.ok(error instanceof DockerError, `${error}`);
  assert.equal(error.code, "NO_ENGINE");
  assert.deepEqual(error.tried.map(({ address }) => address), [host]);
  assert.match(error.message, /start/);
});

test("an image that is missing and may not be pulled", async () => {
  await leavingNothing(engine, async () => {
    const spec = { ...serving, image: "pai-edge-tests/none:1" };
    const error = await rejection(deployed("missing", { spec, pull: "never" }));
    assert.ok(error instanceof DockerError, `${error}`);
    assert.equal(error.code, "IMAGE_NOT_FOUND");
    assert.match(error.message, /pai-edge-tests\/none:1/);
  });
});

/** A registry on loopback, which engines speak to without TLS. */
async function withRegistry(answer: RequestListener, use: (host: string) => Promise<void>): Promise<void> {
  const registry = createServer(answer);
  registry.listen(0, "127.0.0.1");
  await once(registry, "listening");
  const address = registry.address();
  try {
    await use(`127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
  } finally {
    registry.closeAllConnections();
    await new Promise((resolve) => registry.close(resolve));
  }
}

const refusals: [status: number, headers: Record<string, string>, code: string, says: DockerErrorCode[]][] = [
  [401, { "www-authenticate": 'Basic realm="test"' }, "UNAUTHORIZED", ["PULL_REFUSED"]],
  [403, {}, "DENIED", ["PULL_REFUSED", "ENGINE_FAILED"]],
  [404, {}, "MANIFEST_UNKNOWN", ["IMAGE_NOT_FOUND"]],
  [500, {}, "UNKNOWN", ["PULL_REFUSED", "ENGINE_FAILED"]],
];

for (const [status, headers, code, says] of refusals) {
  test(`a registry that answers ${status}`, async () => {
    await leavingNothing(engine, () =>
      withRegistry((request, response) => {
        if (request.url === "/v2/" && status !== 401) return void response.end("{}");
        response.writeHead(status, { "content-type": "application/json", ...headers });
        response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }));
      }, async (host) => {
        const error = await rejection(
          deployed("refused", { spec: { ...serving, image: `${host}/team/model:1` } }),
        );
        assert.ok(error instanceof DockerError, `${error}`);
        assert.ok(says.includes(error.code), `${error.code}: ${error.message}`);
        assert.match(error.message, /team\/model:1/);
      }));
  });
}

test("a deployment that is cancelled while its image is pulled", async () => {
  await leavingNothing(engine, async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    await withRegistry((request, response) => {
      if (request.url === "/v2/") return void response.end("{}");
      controller.abort(reason); // and the answer never comes
    }, async (host) => {
      const { signal } = controller;
      const spec = { ...serving, image: `${host}/team/model:1` };
      assert.equal(await rejection(deployed("cancelled", { spec, signal })), reason);
    });
  });
});

test("a deployment that is cancelled while it waits", async () => {
  await leavingNothing(engine, async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const error = await rejection(deployed("cancelled", {
      spec: { image, command: "sleep 1000" },
      signal: controller.signal,
      onProgress: ({ stage }) => stage === "probe" && controller.abort(reason),
    }));
    assert.equal(error, reason);
  });
});

test("two deployments at once: both of two names, one of one name", async () => {
  await leavingNothing(engine, async () => {
    const spec = { ...serving, image };
    const services = await Promise.all(["one", "two"].map((name) => deployed(name, { spec })));
    try {
      const answers = await Promise.all(services.map((service) => service.predictor().predict(1)));
      assert.deepEqual(answers, Array(2).fill({ bytes: 1, input: 1, model: "" }));
    } finally {
      await Promise.all(services.map((service) => service.delete()));
    }
    const results = await Promise.allSettled([1, 2, 3].map(() => deployed("same", { spec })));
    const winners = results.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
    try {
      assert.equal(winners.length, 1);
      for (const result of results) {
        if (result.status === "fulfilled") continue;
        assert.ok(result.reason instanceof ServiceError, `${result.reason}`);
        assert.equal(result.reason.code, "AlreadyExists");
      }
      assert.deepEqual(await winners[0]!.predictor().predict(2), { bytes: 1, input: 2, model: "" });
    } finally {
      for (const service of winners) await service.delete();
    }
  });
});

/** Starts a process that deploys, and kills it when it is so far. */
async function killed(name: string, stage: "waiting" | "ready"): Promise<void> {
  const file = fileURLToPath(new URL("../deploy_child.ts", import.meta.url));
  const run = "Deno" in globalThis ? ["run", "-A", "--frozen", file] : [file];
  const child = spawn(process.execPath, [...run, name, image, stage], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (chunk) => printed += chunk);
  const exit = once(child, "exit");
  try {
    await until(`the child is ${stage}`, () => printed.includes(stage) || child.exitCode !== null);
    assert.match(printed, new RegExp(stage));
  } finally {
    child.kill("SIGKILL");
    await exit;
  }
}

for (const stage of ["waiting", "ready"] as const) {
  test(`a process that is killed when its service is ${stage}, and gc()`, async () => {
    await leavingNothing(engine, async () => {
      const target = localDocker();
      const before = await held(engine);
      const own = await deployed("alive", { spec: { ...serving, image } });
      try {
        await killed(`killed-${stage}`, stage);
        const left = (await held(engine)).filter((name) => !before.includes(name) && !name.includes("alive"));
        assert.equal(left.length, 2, `a container and a volume: ${left}`);

        const kept = await target.gc({ keepRunning: true, dryRun: true });
        assert.deepEqual(kept, { containers: [], volumes: [] });
        const told = await target.gc({ dryRun: true });
        assert.equal((await held(engine)).length, before.length + 3, "nothing is removed by a dry run");
        const removed = await target.gc();
        assert.deepEqual(removed, told);
        assert.deepEqual(removed.containers, [
          { name: `pai-edge-killed-${stage}`, service: `killed-${stage}`, owner: "dead" },
        ]);
        assert.equal(removed.volumes.length, 1);
        assert.deepEqual(await target.gc(), { containers: [], volumes: [] });
        assert.deepEqual(await own.predictor().predict(1), { bytes: 1, input: 1, model: "" });
      } finally {
        await own.delete();
      }
    });
  });
}

test("gc({ all: true }) removes what living processes have, too", async () => {
  await leavingNothing(engine, async () => {
    await deployed("living", { spec: { ...serving, image } });
    const target = localDocker();
    assert.deepEqual((await target.gc()).containers, []);
    const { containers } = await target.gc({ all: true });
    assert.ok(containers.some(({ service, owner }) => service === "living" && owner === "alive"));
  });
});
