/**
 * What every engine must do for this package, whatever it is and however it is reached.
 *
 * @module
 */
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { getArchive, putArchive } from "../../plugins/local-docker/engine/archive.ts";
import {
  containerLogs,
  type ContainerLogsOptions,
} from "../../plugins/local-docker/engine/container-logs.ts";
import {
  createContainer,
  killContainer,
  removeContainer,
  startContainer,
  stopContainer,
  waitContainer,
} from "../../plugins/local-docker/engine/containers.ts";
import { DockerError, type DockerErrorCode } from "../../plugins/local-docker/engine/docker-error.ts";
import type { Engine } from "../../plugins/local-docker/engine/engine.ts";
import { inspectImage, removeImage } from "../../plugins/local-docker/engine/images.ts";
import { inspectContainer } from "../../plugins/local-docker/engine/inspect-container.ts";
import { listContainers } from "../../plugins/local-docker/engine/list-containers.ts";
import type { LogLine } from "../../plugins/local-docker/engine/log-lines.ts";
import { createVolume, listVolumes, removeVolume } from "../../plugins/local-docker/engine/volumes.ts";
import { until } from "../support/fake_engine.ts";
import { watchedSignal } from "../support/watched_signal.ts";
import { answer, printedBy, withContainer } from "./containers.ts";
import { tinyImage } from "./images.ts";

/** What else is known of an engine under test. */
export interface EngineUnderTest {
  /** Ends it, after all tests of the file. */
  close?(): void | Promise<void>;
  /** Names of the tests that say something new about it. @default {all} */
  only?: RegExp;
}

/** Registers the tests; `connect` is called once before them. */
export function engineTests(connect: () => Promise<Engine>, { close, only }: EngineUnderTest = {}): void {
  let engine: Engine, image: string, before_: [containers: number, volumes: number];
  const counts = async (): Promise<[number, number]> => [
    (await listContainers(engine, { all: true })).length,
    (await listVolumes(engine)).length,
  ];
  before(async () => {
    engine = await connect();
    image = await tinyImage(engine);
    before_ = await counts();
  });
  after(async () => {
    try {
      assert.deepEqual(await counts(), before_, "something is left");
    } finally {
      await close?.();
    }
  });

  const check = (name: string, run: () => Promise<void>): void => {
    if (!only || only.test(name)) test(name, run);
  };
  const shell = (text: string, more: Record<string, unknown> = {}) => ({
    Image: image,
    Cmd: ["sh", "-c", text],
    ...more,
  });
  const lines = async (id: string, options?: ContainerLogsOptions): Promise<LogLine[]> => {
    const found: LogLine[] = [];
    for await (const line of containerLogs(engine, id, options)) found.push(line);
    return found;
  };

  check("a container is made, starts, answers, stops, starts again, is killed and removed", async () => {
    const name = `pai-edge-test-${crypto.randomUUID().slice(0, 8)}`;
    const labels = { "pai-edge-test": name, other: "a=b,c" };
    const id = await createContainer(engine, {
      Image: image,
      Labels: labels,
      ExposedPorts: { "8000/tcp": {}, "9000/tcp": {} },
      HostConfig: { PortBindings: { "8000/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
    }, { name });
    try {
      const fresh = await inspectContainer(engine, id);
      assert.deepEqual([fresh.id, fresh.name, fresh.labels, fresh.tty, fresh.health], [
        ...[id, name, labels, false, undefined],
      ]);
      assert.deepEqual([fresh.state.status, fresh.state.running, fresh.state.startedAt], [
        "created",
        false,
        undefined,
      ]);
      assert.deepEqual(await listContainers(engine, { labels: { "pai-edge-test": name } }), []);

      await startContainer(engine, id);
      await startContainer(engine, id); // which it does already
      const { state, ports } = await inspectContainer(engine, name);
      assert.deepEqual([state.status, state.running, state.finishedAt], ["running", true, undefined]);
      assert.ok(Math.abs(Date.now() - state.startedAt!.getTime()) < 60_000);
      assert.equal(ports["9000/tcp"], undefined);
      assert.equal(await (await answer(`http://${engine.host}:${ports["8000/tcp"]}/health`)).text(), "ok");
      const [listed, ...more] = await listContainers(engine, {
        labels: { "pai-edge-test": name, other: true },
      });
      assert.deepEqual([listed?.id, listed?.name, listed?.status, listed?.labels, more], [
        id,
        name,
        "running",
        labels,
        [],
      ]);

      await stopContainer(engine, id, { graceSeconds: 5 });
      await stopContainer(engine, id);
      const stopped = await inspectContainer(engine, id);
      assert.deepEqual([stopped.state.status, stopped.state.exitCode, stopped.state.oomKilled], [
        "exited",
        0,
        false,
      ]);
      assert.ok(stopped.state.finishedAt! >= stopped.state.startedAt!);

      await startContainer(engine, id);
      await assert.rejects(waitContainer(engine, id, { timeout: 50 }), /no end of it within 50 ms/);
      const code = waitContainer(engine, id);
      await killContainer(engine, id);
      assert.equal(await code, 137);
      await startContainer(engine, id);
      await rejects("CONFLICT", removeContainer(engine, id));
    } finally {
      await removeContainer(engine, id, { force: true });
    }
    await removeContainer(engine, id, { force: true }); // which is gone already
    await rejects("NOT_FOUND", inspectContainer(engine, id));
  });

  check(
    "a name that is taken, an image that is missing and what can't be run have codes of their own",
    async () => {
      const name = `pai-edge-test-${crypto.randomUUID().slice(0, 8)}`;
      const id = await createContainer(engine, shell("sleep 60"), { name });
      try {
        await rejects("CONFLICT", createContainer(engine, shell("sleep 60"), { name }));
      } finally {
        await removeContainer(engine, id, { force: true });
      }
      await rejects(
        "IMAGE_NOT_FOUND",
        createContainer(engine, { Image: "pai-edge-tests/none:1", Cmd: ["sh"] }),
      );
      await rejects("NOT_FOUND", startContainer(engine, "pai-edge-none"));
      await rejects("NOT_FOUND", killContainer(engine, "pai-edge-none"));
      const wrong = await createContainer(engine, { Image: image, Cmd: ["/bin/no-such-program"] });
      try {
        await rejects("COMMAND_NOT_FOUND", startContainer(engine, wrong));
      } finally {
        await removeContainer(engine, wrong, { force: true });
      }
    },
  );

  check("a port that another container has is refused as such", async () => {
    await withContainer(engine, shell("sleep 60", { ExposedPorts: { "8000/tcp": {} } }), async ({ url }) => {
      const HostPort = new URL(url).port;
      const id = await createContainer(engine, {
        ...shell("sleep 60", { ExposedPorts: { "8000/tcp": {} } }),
        HostConfig: { PortBindings: { "8000/tcp": [{ HostIp: "127.0.0.1", HostPort }] } },
      });
      try {
        await rejects("PORT_TAKEN", startContainer(engine, id));
      } finally {
        await removeContainer(engine, id, { force: true });
      }
    });
  });

  check(
    "containerLogs() reads both streams, long lines, any characters and a last line that has no end",
    async () => {
      const text =
        'echo "größe 字"; echo oops >&2; head -c 100000 /dev/zero | tr "\\0" x; echo; sleep 0.3; printf end';
      await withContainer(engine, shell(text), async ({ id }) => {
        for await (const { text } of containerLogs(engine, id, { follow: true })) {
          assert.match(text, /^(größe 字|oops|x+|end)$/);
        }
        // which ends with the container, but an engine that follows may lose what comes last
        await waitContainer(engine, id);
        const found = await lines(id);
        const of = (stream: string): string[] =>
          found.filter((line) => line.stream === stream).map(({ text }) => text);
        const [first, long = "", ...rest] = of("stdout");
        assert.deepEqual([first, long.length, rest], ["größe 字", 100_000, ["end"]]);
        assert.match(long, /^x+$/);
        assert.deepEqual(of("stderr"), ["oops"]);
        assert.ok(found.every(({ time }) => time && Math.abs(Date.now() - time.getTime()) < 60_000));
      });
    },
  );

  check("containerLogs() takes the last lines, or those of a time", async () => {
    const pause = engine.kind === "podman" ? 1.1 : 0.2; // which says no fractions of a second
    await withContainer(engine, shell(`for i in 1 2 3; do echo $i; sleep ${pause}; done`), async ({ id }) => {
      await waitContainer(engine, id);
      const all = await lines(id);
      assert.deepEqual(all.map(({ text }) => text), ["1", "2", "3"]);
      assert.deepEqual((await lines(id, { tail: 1 })).map(({ text }) => text), ["3"]);
      const middle = new Date(all[1]!.time!.getTime() - 50);
      assert.deepEqual((await lines(id, { since: middle })).map(({ text }) => text), ["2", "3"]);
      assert.deepEqual((await lines(id, { until: middle })).map(({ text }) => text), ["1"]);
      await assert.rejects(lines(id, { tail: -1 }), RangeError);
    });
  });

  check("containerLogs() of a terminal has one stream of lines", async () => {
    await withContainer(engine, shell("echo one; echo two >&2", { Tty: true }), async ({ id }) => {
      await waitContainer(engine, id);
      const found = await lines(id);
      assert.deepEqual(found.map(({ stream, text }) => [stream, text]), [["stdout", "one"], [
        "stdout",
        "two",
      ]]);
    });
  });

  check("containerLogs() ends without an error when it is aborted or left", async () => {
    await withContainer(engine, shell("while true; do echo x; sleep 0.05; done"), async ({ id }) => {
      const { controller, signal, listeners } = watchedSignal();
      let count = 0;
      for await (const { text } of containerLogs(engine, id, { follow: true, signal })) {
        assert.equal(text, "x");
        if (++count === 3) controller.abort();
      }
      assert.equal(count, 3);
      assert.equal(listeners(), 0);
      for await (const _ of containerLogs(engine, id, { follow: true })) break;
    });
    await rejects("NOT_FOUND", lines("pai-edge-none"));
  });

  check("putArchive() unpacks a stream of any size, and getArchive() gives it back", async () => {
    const id = await createContainer(engine, shell("wc -c < /data/big; cat /data/small"));
    try {
      const size = 48 * 1024 * 1024;
      await putArchive(engine, id, "/", tar({ "data/big": size, "data/small": 0 }));
      await startContainer(engine, id);
      assert.equal(await waitContainer(engine, id), 0);
      assert.deepEqual((await lines(id)).map(({ text }) => text.trim()), [`${size}`]);
      let got = 0;
      for await (const chunk of await getArchive(engine, id, "/data/big")) got += chunk.length;
      assert.ok(got >= size, `${got} bytes came back`);
      await rejects("NOT_FOUND", getArchive(engine, id, "/none"));
      if (engine.kind === "docker") { // Podman makes the folder
        await rejects("NOT_FOUND", putArchive(engine, id, "/none", tar({ "data/big": size })));
      }
    } finally {
      await removeContainer(engine, id, { force: true });
    }
    await rejects("NOT_FOUND", putArchive(engine, "pai-edge-none", "/", tar({ big: 48 * 1024 * 1024 })));
  });

  check("putArchive() that is aborted stops reading", async () => {
    const id = await createContainer(engine, shell("true"));
    try {
      const { controller, signal, listeners } = watchedSignal(), reason = new Error("stop");
      let isCancelled = false;
      const body = new ReadableStream<Uint8Array>({
        async pull(queue) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          queue.enqueue(header("data", 1 << 30).slice());
        },
        cancel: () => void (isCancelled = true),
      });
      setTimeout(() => controller.abort(reason), 200);
      await assert.rejects(putArchive(engine, id, "/", body, { signal }), (error) => error === reason);
      await until("the source is cancelled", () => isCancelled);
      assert.equal(listeners(), 0);
    } finally {
      await removeContainer(engine, id, { force: true });
    }
  });

  check(
    "volumes keep files between containers, are listed by label, and are not removed from under one",
    async () => {
      const label = crypto.randomUUID(), labels = { "pai-edge-test": label };
      const name = await createVolume(engine, { labels });
      const HostConfig = { Binds: [`${name}:/data`] };
      try {
        assert.deepEqual(await printedBy(engine, shell("echo kept > /data/x", { HostConfig })), []);
        await withContainer(engine, shell("cat /data/x", { HostConfig }), async ({ id }) => {
          await waitContainer(engine, id);
          assert.deepEqual((await lines(id)).map(({ text }) => text), ["kept"]);
          assert.deepEqual((await inspectContainer(engine, id)).volumes, { "/data": name });
          await rejects("CONFLICT", removeVolume(engine, name));
        });
        const found = await listVolumes(engine, { labels });
        assert.deepEqual(found.map((volume) => [volume.name, volume.labels]), [[name, labels]]);
        assert.deepEqual(await listVolumes(engine, { labels: { "pai-edge-test": "other" } }), []);
      } finally {
        await removeVolume(engine, name);
      }
      await removeVolume(engine, name); // which is gone already
    },
  );

  check("an image's health check is run and told", async () => {
    const Healthcheck = { Test: ["CMD", "/bin/false"], Interval: 100_000_000, Retries: 1, StartPeriod: 0 };
    await withContainer(engine, shell("sleep 60", { Healthcheck }), async ({ id }) => {
      for (const began = performance.now();;) {
        const { health } = await inspectContainer(engine, id);
        assert.ok(health, "it has a check");
        if (health.status === "unhealthy") {
          assert.ok(health.failingStreak >= 1);
          assert.equal(health.log.at(-1)?.exitCode, 1);
          return;
        }
        assert.ok(performance.now() - began < 20_000, `after 20 s it is ${health.status}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
  });

  check("images that are missing are undefined, and removing them is fine", async () => {
    assert.ok(await inspectImage(engine, image));
    assert.equal(await inspectImage(engine, "pai-edge-tests/none:1"), undefined);
    await removeImage(engine, "pai-edge-tests/none:1");
  });
}

/** Rejects with a DockerError of a code, whose message says what was wanted. */
export async function rejects(code: DockerErrorCode, run: Promise<unknown>): Promise<DockerError> {
  let found: unknown;
  await assert.rejects(run, (error) => !!(found = error));
  assert.ok(found instanceof DockerError, `${found}`);
  assert.equal(found.code, code, found.message);
  assert.match(found.message, /^Cannot [a-z ]+/);
  return found;
}

/** A tar of files of zeros, made as it is read. */
function tar(files: Record<string, number>): ReadableStream<Uint8Array> {
  const piece = new Uint8Array(65_536);
  function* parts(): Generator<Uint8Array> {
    for (const [name, size] of Object.entries(files)) {
      yield header(name, size);
      const padded = Math.ceil(size / 512) * 512;
      for (let at = 0; at < padded; at += piece.length) {
        yield piece.subarray(0, Math.min(piece.length, padded - at));
      }
    }
    yield piece.subarray(0, 1024);
  }
  const all = parts();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = all.next();
      if (done) controller.close();
      else controller.enqueue(value.slice());
    },
  }, { highWaterMark: 0 });
}

/** A header as POSIX has it: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html */
function header(name: string, size: number): Uint8Array {
  const bytes = new Uint8Array(512);
  const put = (at: number, text: string): void => bytes.set(new TextEncoder().encode(text), at);
  put(0, name);
  put(100, "0000644\0" + "0000000\0" + "0000000\0");
  put(124, `${size.toString(8).padStart(11, "0")}\0` + "00000000000\0" + "        0");
  put(257, "ustar\x0000");
  put(148, `${bytes.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `);
  return bytes;
}
