// The life of a service on a real engine: its states, stops and starts, predictors, logs, and its end.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { ServiceError } from "../../../core/errors.ts";
import type { LogOptions, Service } from "../../../core/service.ts";
import { emptyDir } from "../../../plugins/deploy/mod.ts";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import {
  removeContainer,
  startContainer,
  stopContainer,
} from "../../../plugins/local-docker/engine/containers.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import { inspectContainer } from "../../../plugins/local-docker/engine/inspect-container.ts";
import { createVolume, listVolumes, removeVolume } from "../../../plugins/local-docker/engine/volumes.ts";
import { ContainerError, localDocker } from "../../../plugins/local-docker/mod.ts";
import { tinyImage } from "../images.ts";
import { deployed, leavingNothing, rejection, until } from "../services.ts";

let engine: Engine;
let image: string;
before(async () => {
  engine = await connectEngine();
  image = await tinyImage(engine);
});

/** Runs with a service, and finds that its end is the end of all that it had. */
async function withService(
  name: string,
  command: string,
  use: (service: Service) => Promise<void>,
  options: Partial<Parameters<typeof deployed>[1]> = {},
): Promise<void> {
  await leavingNothing(engine, async () => {
    const spec = { image, command, storage: { "/space": emptyDir() } };
    const service = await deployed(name, { ...options, spec });
    try {
      await use(service);
    } finally {
      await service.delete();
    }
  });
}

const container = (service: Service): string => `pai-edge-${service.name}`;
const statusOf = async (service: Service) => (await service.describe()).status;

async function linesOf(service: Service, options: LogOptions = {}): Promise<string[]> {
  const lines: string[] = [];
  for await (const { text } of service.logs(options)) lines.push(text);
  return lines.filter((line) => line !== "Terminated"); // which shells say of what is stopped
}

test("describe() tells the states that EAS has, and where the service answers", async () => {
  await withService("states", "sleep 1; /bin/serve", async (service) => {
    const first = await service.describe();
    assert.deepEqual([first.name, first.status, first.reason], ["states", "Waiting", "NotReady"]);
    const { endpoint } = service.predictor();
    const ready = await service.wait();
    assert.equal(ready.internetEndpoint, endpoint);
    assert.equal(ready.status, "Running");
    assert.match(ready.internetEndpoint ?? "", /^http:\/\/127\.0\.0\.1:\d+\/$/);
    assert.equal(
      (await fetch(`${ready.internetEndpoint}health`).then((answer) => answer.text())).trim(),
      "ok",
    );
    assert.equal(ready.config.containers?.[0]?.image, image);
    await service.stop();
    const stopped = await service.describe();
    assert.deepEqual([stopped.status, stopped.internetEndpoint], ["Stopped", undefined]);
    const error = await rejection(service.wait());
    assert.ok(error instanceof ContainerError, `${error}`);
    assert.match(error.message, /was stopped; start it again with start\(\)|command has ended/);
  }, { wait: false });
});

test("a container that somebody pauses or removes is told as such", async () => {
  await withService("meddled", "/bin/serve", async (service) => {
    await engine.call("POST", `/containers/${container(service)}/pause`);
    assert.equal((await service.describe()).reason, "Paused");
    const paused = await rejection(service.wait());
    assert.ok(paused instanceof ContainerError && paused.code === "ContainerPaused", `${paused}`);
    await engine.call("POST", `/containers/${container(service)}/unpause`);
    assert.equal(await statusOf(service), "Running");
    await removeContainer(engine, container(service), { force: true });
    const works = [
      () => service.describe(),
      () => service.start(),
      () => service.stop(),
      () => service.predictor().predict(1),
    ];
    for (const work of works) {
      const gone = await rejection(work());
      assert.ok(gone instanceof ContainerError && gone.code === "ContainerGone", `${gone}`);
    }
  });
});

test("predictors that were made before reach a service that was stopped and started, by us or by others", async () => {
  await withService("moving", "/bin/serve", async (service) => {
    const predictor = service.predictor();
    const predicted = { bytes: 1, input: 7, model: "" };
    assert.deepEqual(await predictor.predict(7), predicted);
    await service.stop();
    const refused = await rejection(predictor.predict(7));
    assert.ok(refused instanceof ServiceError && refused.code === "NotRunning", `${refused}`);
    await service.start();
    assert.deepEqual(await predictor.predict(7), predicted);
    assert.deepEqual(await service.predictor().predict(7), predicted);
    await stopContainer(engine, container(service), { graceSeconds: 1 });
    await startContainer(engine, container(service));
    await service.wait();
    assert.deepEqual(await predictor.predict(7), predicted);
    await service.start(); // which runs already
    assert.equal(await statusOf(service), "Running");
  });
});

test("stop() kills a program that doesn't end within its grace, and a service that is stopped stays so", async () => {
  await withService(
    "stubborn",
    "trap '' TERM; httpd -p 8000 -h /www; while true; do sleep 1; done",
    async (service) => {
      const began = performance.now();
      await service.stop();
      assert.ok(performance.now() - began >= 900, "it had a second");
      assert.equal(await statusOf(service), "Stopped");
      await service.stop();
      await service.start();
      assert.equal(await statusOf(service), "Running");
    },
    { metadata: { eas: { termination_grace_period: 1 } } },
  );
});

test("start() tells that the program ends again", async () => {
  const command = "[ -e /space/once ] && exit 4; touch /space/once; /bin/serve";
  await withService("once", command, async (service) => {
    await service.stop();
    const error = await rejection(service.start());
    assert.ok(error instanceof ContainerError, `${error}`);
    assert.equal(error.exitCode, 4);
    assert.match(error.message, /^Cannot start service "once"/);
    assert.equal(await statusOf(service), "Failed");
  });
});

test("logs() takes lines by count, word and time, of one run, and follows", async () => {
  const command = [
    'i=0; while [ $i -lt 6 ]; do i=$((i+1)); echo "line $i of $(cat /space/run 2>/dev/null || echo 1)"; done',
    "echo 2 > /space/run",
    "while [ ! -e /space/go ]; do sleep 0.05; done; rm /space/go; echo more; exec httpd -f -p 8000 -h /www",
  ].join("\n");
  await withService("talking", command, async (service) => {
    const six = (run: number): string[] => [1, 2, 3, 4, 5, 6].map((i) => `line ${i} of ${run}`);
    await until("it has printed", async () => (await linesOf(service)).length === 6);
    assert.deepEqual(await linesOf(service), six(1));
    assert.deepEqual(await linesOf(service, { tail: 2 }), six(1).slice(-2));
    assert.deepEqual(await linesOf(service, { tail: 0 }), []);
    assert.deepEqual(await linesOf(service, { keyword: "e 3" }), ["line 3 of 1"]);
    assert.deepEqual(await linesOf(service, { keyword: "line", tail: 1 }), ["line 6 of 1"]);
    assert.deepEqual(await linesOf(service, { previous: true }), []);
    assert.deepEqual(await linesOf(service, { since: new Date(Date.now() + 60_000) }), []);
    const times: (Date | undefined)[] = [];
    for await (const { time } of service.logs()) times.push(time);
    assert.ok(times.every((time) => time && Math.abs(time.getTime() - Date.now()) < 600_000), `${times}`);
    const before = new Date(times[0]!.getTime() - 1_000);
    assert.deepEqual(await linesOf(service, { until: before, tail: 3 }), []);

    const controller = new AbortController();
    const heard: string[] = [];
    for await (
      const { text } of service.logs({ follow: true, tail: 1, keyword: "e", signal: controller.signal })
    ) {
      heard.push(text);
      if (heard.length === 1) await engineTouches(service, "/space/go");
      if (text === "more") controller.abort();
    }
    assert.deepEqual(heard, ["line 6 of 1", "more"]);
    for await (const { text } of service.logs({ follow: true })) {
      assert.equal(text, "line 1 of 1");
      break; // which ends the request
    }
    const aborted = service.logs({ signal: AbortSignal.abort(new Error("enough")) })[Symbol.asyncIterator]();
    assert.equal((await rejection(aborted.next())).message, "enough");

    await service.stop();
    assert.deepEqual(await linesOf(service), [...six(1), "more"], "of the run that has ended");
    await startContainer(engine, container(service));
    await until("it has printed again", async () => (await linesOf(service)).length === 6);
    assert.deepEqual(await linesOf(service), six(2));
    assert.deepEqual(await linesOf(service, { previous: true }), [...six(1), "more"]);
    assert.deepEqual((await linesOf(service, { previous: true, tail: 3 })).slice(-2), [
      "line 6 of 1",
      "more",
    ]);
    const followed: string[] = [];
    for await (const { text } of service.logs({ follow: true, keyword: "line" })) { // which ends with the container
      if (followed.push(text) === 6) await stopContainer(engine, container(service), { graceSeconds: 1 });
    }
    assert.deepEqual(followed, six(2));
  }, { wait: false });
});

/** Makes a file in a container. */
async function engineTouches(service: Service, path: string): Promise<void> {
  const made = await engine.call("POST", `/containers/${container(service)}/exec`, {
    json: { Cmd: ["touch", path] },
  });
  const { Id } = await made.json();
  await engine.call("POST", `/exec/${Id}/start`, { json: { Detach: true } });
}

const refused: [LogOptions, RegExp][] = [
  [{ instance: "a" }, /instance is given, and a local service is one container/],
  [{ container: "a" }, /container is given/],
  [{ follow: true, until: new Date() }, /follow and until/],
  [{ follow: true, previous: true }, /follow and previous/],
  [{ since: new Date(NaN) }, /since is no valid Date/],
  [{ tail: 1.5 }, /tail is 1\.5/],
  [{ timeout: 0 }, /timeout is 0/],
];

test("logs() refuses what is of no meaning here before it asks", async () => {
  await withService("refusing", "/bin/serve", (service) => {
    for (const [options, message] of refused) assert.throws(() => service.logs(options), message);
    return Promise.resolve();
  });
});

test("delete() may be called again and at the same time, and leaves volumes that are somebody else's", async () => {
  const volume = await createVolume(engine, { name: "pai-edge-tests-own" });
  try {
    await withService("deleted", "/bin/serve", async (service) => {
      const [{ name: own } = { name: "" }] = await listVolumes(engine, {
        labels: { "com.pai-edge.sdk.service": "deleted" },
      });
      assert.ok(own);
      const found = await localDocker().service("deleted");
      await Promise.all([service.delete(), service.delete({ wait: true }), found.delete()]);
      await service.delete();
      await assert.rejects(inspectContainer(engine, container(service)), { code: "NOT_FOUND" });
      const names = (await listVolumes(engine)).map(({ name }) => name);
      assert.deepEqual([names.includes(own), names.includes(volume)], [false, true]);
    });
  } finally {
    await removeVolume(engine, volume);
  }
});

test("a temporary service ends with its block, another has no such end", async () => {
  await leavingNothing(engine, async () => {
    const spec = { image, command: "/bin/serve" };
    const service = await deployed("brief", { spec, temporary: true });
    assert.ok(Symbol.asyncDispose in service);
    await (service as Service & AsyncDisposable)[Symbol.asyncDispose](); // as of now
    await withService(
      "kept",
      "/bin/serve",
      (kept) => Promise.resolve(assert.ok(!(Symbol.asyncDispose in kept))),
    );
  });
});

test("a service that another process may have deployed is found by its name, and used", async () => {
  await withService("found", "echo $API_TOKEN; /bin/serve", async (service) => {
    const target = localDocker();
    const found = await target.service("found");
    assert.deepEqual(await found.predictor().predict("x"), { bytes: 3, input: "x", model: "" });
    const { status, config } = await found.describe();
    assert.equal(status, "Running");
    assert.equal(config.containers?.[0]?.image, image);
    await found.stop();
    assert.equal(await statusOf(service), "Stopped");
    const names: string[] = [];
    for await (const { name } of target.services()) names.push(name);
    assert.ok(names.includes("found"), `${names}`);
    await (await target.service("found")).start();
    assert.equal(await statusOf(service), "Running");
    const none = await rejection(target.service("none-of-this-name"));
    assert.ok(none instanceof ServiceError && none.code === "NotFound", `${none}`);
  });
});
