import { test } from "node:test";
import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectEngine, type ConnectOptions } from "../../../plugins/local-docker/engine/connect.ts";
import { DockerError } from "../../../plugins/local-docker/engine/docker-error.ts";
import { thisMachine } from "../../../plugins/local-docker/engine/this-machine.ts";
import { type Serve, until, whole, withFakeEngine } from "../../support/fake_engine.ts";
import { watchedSignal } from "../../support/watched_signal.ts";

/** An engine that answers a ping with these headers, and a question for its versions with this. */
function engine(headers: string, version: unknown = {}): Serve {
  return (socket, head) =>
    void socket.end(
      /^GET \/_ping /.test(head) ? whole("200 OK", "OK", headers) : whole("200 OK", JSON.stringify(version)),
    );
}

/** This machine with an empty home and these variables alone. */
const emptyMachine = (env: Record<string, string> = {}) => ({
  ...thisMachine(),
  env: (name: string) => env[name],
  home: () => "/nowhere",
  uid: () => undefined,
});

async function noEngine(options: ConnectOptions): Promise<DockerError> {
  let found: unknown;
  await assert.rejects(connectEngine(options), (error) => !!(found = error));
  assert.ok(found instanceof DockerError, `${found}`);
  assert.equal(found.code, "NO_ENGINE");
  return found;
}

test("connectEngine() takes the version of the ping when it speaks that, and asks no more", async () => {
  await withFakeEngine(
    engine("Api-Version: 1.43\r\nServer: Docker/24\r\n"),
    async ({ address, requests, open }) => {
      const { call: _, ...found } = await connectEngine({ host: address });
      assert.deepEqual(found, {
        address,
        isLocal: true,
        host: "127.0.0.1",
        apiVersion: "1.43",
        kind: "docker",
      });
      assert.equal(requests.length, 1);
      assert.match(requests[0]!, /^GET \/_ping HTTP/);
      await until("no connection is open", () => open() === 0);
    },
  );
});

test("connectEngine() asks newer engines and those that say nothing for their versions", async () => {
  for (const headers of ["Api-Version: 1.99\r\n", ""]) {
    await withFakeEngine(
      engine(headers, { ApiVersion: "1.99", MinAPIVersion: "1.24" }),
      async ({ address, requests }) => {
        const found = await connectEngine({ host: address, isLocal: false });
        assert.deepEqual([found.apiVersion, found.isLocal], ["1.51", false]);
        assert.match(requests[1]!, /^GET \/version HTTP/);
        await (await found.call("GET", "/info")).body?.cancel();
        assert.match(requests[2]!, /^GET \/v1\.51\/info HTTP/);
      },
    );
  }
});

test("connectEngine() knows Podman, and refuses engines that are too old", async () => {
  const podman = engine("Api-Version: 1.41\r\nLibpod-Api-Version: 4.3.1\r\nServer: Libpod/4.3.1 (linux)\r\n");
  await withFakeEngine(podman, async ({ address }) => {
    assert.equal((await connectEngine({ host: address })).kind, "podman");
  });
  await withFakeEngine(engine("Api-Version: 1.30\r\n", { ApiVersion: "1.30" }), async ({ address }) => {
    await assert.rejects(connectEngine({ host: address }), (error) => {
      assert.ok(error instanceof DockerError);
      assert.equal(error.code, "ENGINE_VERSION");
      return true;
    });
  });
});

test("connectEngine() tells for each place why there is no engine, and how to start one", async () => {
  const { message, tried } = await noEngine({ machine: emptyMachine() });
  assert.ok(tried.length >= 5, message);
  assert.match(message, /^Cannot reach a container engine: none answers; start /);
  for (const { address, source, reason } of tried) {
    assert.ok(message.includes(`${address} (${source}): ${reason}`));
  }
  assert.ok(
    tried.some(({ address, reason }) =>
      address.includes("/nowhere/") && reason === "there is no such socket"
    ),
  );
});

test("connectEngine() says what is at the place that is named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "no-engine-"));
  const reasonAt = async (host: string, timeout?: number): Promise<string> =>
    (await noEngine({ host, timeout })).tried[0]!.reason;
  try {
    assert.equal(await reasonAt(`unix://${folder}/none.sock`), "there is no such socket");
    await writeFile(join(folder, "file"), "text");
    assert.match(await reasonAt(`unix://${folder}/file`), /no socket|nothing listens there/);
    const { address } = await withFakeEngine(engine(""), (fake) => Promise.resolve(fake));
    assert.equal(await reasonAt(address), "there is no such socket"); // it was there
    assert.match(await reasonAt("tcp://127.0.0.1:1"), /^nothing listens there/);
    await withFakeEngine(
      (socket) => void socket.end(whole("404 Not Found", "a page")),
      async ({ address }) => {
        assert.match(await reasonAt(address), /^it answered 404, so it is no container engine/);
      },
    );
    await withFakeEngine((socket) => void socket.end("SSH-2.0-x\r\n"), async ({ address }) => {
      assert.ok(await reasonAt(address));
    });
    await withFakeEngine(() => {}, async ({ address, open }) => {
      assert.equal(await reasonAt(address, 100), "it does not answer in time");
      await until("no connection is open", () => open() === 0);
    });
    const { tried } = await noEngine({ machine: emptyMachine({ DOCKER_HOST: "ssh://me@h" }) });
    assert.match(tried[0]!.reason, /SSH is not spoken here/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("connectEngine() ends with its signal", async () => {
  const { controller, signal, listeners } = watchedSignal(), reason = new Error("stop");
  await withFakeEngine(() => {}, async ({ address, requests, open }) => {
    const connecting = connectEngine({ host: address, signal });
    await until("the request has come", () => requests.length === 1);
    controller.abort(reason);
    await assert.rejects(connecting, (error) => error === reason);
    await until("no connection is open", () => open() === 0);
  });
  assert.equal(listeners(), 0);
});

test("connectEngine() rejects with a TypeError for an address that is none, before anything is asked", async () => {
  await assert.rejects(connectEngine({ host: "ssh://h" }), TypeError);
  await assert.rejects(connectEngine({ host: "docker" }), TypeError);
});

test("thisMachine() runs a program with an input, ends it with the signal, and tells when there is none", async () => {
  const machine = thisMachine();
  assert.deepEqual(await machine.run("cat", [], "größe"), { status: 0, output: "größe" });
  assert.equal((await machine.run("sh", ["-c", "exit 3"], "")).status, 3);
  assert.deepEqual(await machine.run("no-such-program-here", [], ""), { status: undefined, output: "" });
  const { controller, signal, listeners } = watchedSignal(), reason = new Error("stop");
  const running = machine.run("sleep", ["60"], "", signal);
  controller.abort(reason);
  await assert.rejects(running, (error) => error === reason);
  assert.equal(listeners(), 0);
});

test("thisMachine() reads files, and tells those that may not be read from those that are not there", async () => {
  const folder = await mkdtemp(join(tmpdir(), "machine-")), machine = thisMachine();
  try {
    const path = machine.join(folder, "config.json");
    assert.equal(await machine.readText(path), undefined);
    assert.equal(await machine.exists(path), false);
    await writeFile(path, "text");
    assert.equal(await machine.readText(path), "text");
    assert.equal(await machine.exists(path), true);
    await chmod(path, 0o600);
    await assert.rejects(machine.readText(folder), /^PaiError: Cannot read .*: EISDIR; allow/); // it is a folder
  } finally {
    await rm(folder, { recursive: true });
  }
});
