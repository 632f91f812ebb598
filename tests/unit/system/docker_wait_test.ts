// When a wait for a container looks, gives up and ends; a fake clock and engine, as it is about times. What the engine
// itself does is proven by tests/docker.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TimeoutError } from "../../../core/errors.ts";
import type { HealthCheck, ServiceConfig } from "../../../core/service-config.ts";
import type { ProgressEvent } from "../../../core/service.ts";
import { ContainerError } from "../../../plugins/local-docker/failure/container-error.ts";
import { type ReadyOptions, untilReady } from "../../../plugins/local-docker/wait/until-ready.ts";
import { fakeClock } from "../../support/fake_clock.ts";
import { type DescribedContainer, describedEngine, runningSince } from "../../support/described_engine.ts";
import { watchedSignal } from "../../support/watched_signal.ts";

const exec = { command: ["check"] };

interface Setup {
  checks?: { startup_check?: HealthCheck; health_check?: HealthCheck; readiness_check?: HealthCheck };
  container?: (elapsed: number) => Partial<DescribedContainer>;
  options?: ReadyOptions;
  metadata?: ServiceConfig["metadata"];
}

/** Waits, and tells how long it took and what happened. */
async function wait({ checks = { health_check: { exec } }, container, options, metadata }: Setup) {
  const clock = fakeClock();
  const began = clock.now();
  const asked: number[] = [];
  const engine = describedEngine(() => {
    const now = runningSince(began, container?.(clock.now() - began));
    const check = now.exec;
    return {
      ...now,
      exec: () => {
        asked.push(clock.now() - began);
        return check();
      },
    };
  });
  const events: ProgressEvent[] = [];
  const config: ServiceConfig = {
    ...(metadata && { metadata }),
    containers: [{ image: "x", env: [{ name: "API_TOKEN", value: "s3cr3tvalue" }], ...checks }],
  };
  const outcome = await untilReady(engine, { id: "c", name: "iris", port: 8000, config }, {
    clock,
    action: "deploy",
    onProgress: (event) => events.push(event),
    ...options,
  }).catch((error) => error);
  return { outcome, events, asked, took: clock.now() - began, slept: clock.slept };
}

test("untilReady() looks again after 20 ms at first, then ever later, but once a second at least", async () => {
  const { outcome, slept, events } = await wait({ container: (at) => ({ exec: () => at < 60_000 ? 1 : 0 }) });
  assert.equal(outcome.state.running, true);
  assert.ok(slept[0]! <= 20, `${slept[0]}`);
  assert.ok(slept.every((ms, i) => ms >= (slept[i - 1] ?? 0) && ms <= 1_000), `${slept}`);
  const messages = events.map(({ message }) => message);
  assert.deepEqual(messages, [
    'service "iris": the command of its check ends with 1',
    'service "iris" is Running',
  ], "each state once");
});

test("untilReady() begins no check before its delay, and finds a container that ended meanwhile", async () => {
  const health_check = { exec, initial_delay_seconds: 30 };
  const { asked, took } = await wait({ checks: { health_check } });
  assert.deepEqual(asked, [30_000]);
  assert.equal(took, 30_000);
  const ended = await wait({
    checks: { health_check },
    container: (at) =>
      at < 5_000 ? {} : { state: { Status: "exited", ExitCode: 3, StartedAt: "2024-01-01T00:00:00Z" } },
  });
  assert.ok(ended.outcome instanceof ContainerError);
  assert.equal(ended.outcome.exitCode, 3);
  assert.ok(ended.took <= 6_000, `${ended.took}`);
});

test("untilReady() wants as many successes in a row as the check, a period apart", async () => {
  const { asked } = await wait({
    checks: { health_check: { exec, success_threshold: 3, period_seconds: 7 } },
  });
  assert.deepEqual(asked, [0, 7_000, 14_000]);
  let count = 0;
  const broken = await wait({
    checks: { health_check: { exec, success_threshold: 2, period_seconds: 1 } },
    container: () => ({ exec: () => count++ === 1 ? 1 : 0 }),
  });
  assert.equal(broken.asked.length, 4, "passes, fails, passes, passes");
});

test("untilReady() passes the startup check before the health check, whose other name is readiness_check", async () => {
  const { asked } = await wait({
    checks: {
      startup_check: { exec, initial_delay_seconds: 2 },
      readiness_check: { exec, initial_delay_seconds: 10 },
    },
  });
  assert.deepEqual(asked, [2_000, 10_000]);
});

test("untilReady() gives up a startup check that failed as often as it may, a health check only in time", async () => {
  const container = (): Partial<DescribedContainer> => ({ exec: () => 1 });
  const startup_check = { exec, period_seconds: 5, failure_threshold: 4 };
  const { outcome, took } = await wait({ checks: { startup_check }, container });
  assert.ok(outcome instanceof ContainerError);
  assert.equal(outcome.code, "StartupCheckFailed");
  assert.match(
    outcome.message,
    /startup check failed 4 times in a row: the command of its check ends with 1/,
  );
  assert.ok(took >= 15_000 && took < 17_000, `${took}`);
  const health_check = { exec, period_seconds: 5, failure_threshold: 4 };
  const late = await wait({ checks: { health_check }, container, options: { timeout: 90_000 } });
  assert.ok(late.outcome instanceof TimeoutError);
  assert.equal(late.outcome.code, "WaitTimeout");
  assert.equal(late.took, 90_000);
});

test("untilReady() gives up what won't answer otherwise later, after giveUpAfter", async () => {
  const container = (): Partial<DescribedContainer> => ({ exec: () => 127 });
  const { outcome, took } = await wait({ container, options: { giveUpAfter: 40_000 } });
  assert.ok(outcome instanceof ContainerError);
  assert.equal(outcome.code, "Hopeless");
  assert.match(outcome.health ?? "", /127/);
  assert.ok(took >= 40_000 && took <= 41_000, `${took}`);
  const patient = await wait({ container, options: { giveUpAfter: Infinity, timeout: 600_000 } });
  assert.ok(patient.outcome instanceof TimeoutError);
});

test("untilReady() tells a server that listens elsewhere long before its time is up", async () => {
  const printed = [
    "token s3cr3tvalue",
    "INFO: Uvicorn running on http://0.0.0.0:7000 (Press CTRL+C to quit)",
  ];
  const { outcome, took } = await wait({ container: () => ({ exec: () => 1, printed }) });
  assert.ok(outcome instanceof ContainerError);
  assert.equal(outcome.code, "Hopeless");
  assert.match(outcome.message, /listens on port 7000, not on port 8000; set containers\[0\]\.port to 7000/);
  assert.deepEqual(outcome.logs[0], "token ***");
  assert.ok(took <= 15_000, `${took}`);
  const byTime = await wait({ container: () => ({ exec: () => 1, printed }), options: { timeout: 3_000 } });
  assert.ok(byTime.outcome instanceof ContainerError);
  assert.equal(byTime.outcome.code, "WaitTimeout");
  assert.ok(byTime.outcome.cause instanceof TimeoutError);
});

test("untilReady() tells the last state and the last line when its time is up, secrets masked", async () => {
  const printed = ["loading", "still loading s3cr3tvalue", ""];
  const { outcome } = await wait({
    container: () => ({ exec: () => 1, printed }),
    options: { timeout: 5_000 },
  });
  assert.ok(outcome instanceof TimeoutError);
  assert.equal(
    outcome.message,
    'Cannot deploy service "iris": the command of its check ends with 1 after 5000 ms; ' +
      'it printed last: "still loading ***"',
  );
});

test("untilReady() tells the last state also when the engine had no time left to answer", async () => {
  const clock = fakeClock();
  const began = clock.now();
  const engine = describedEngine(() => {
    if (clock.now() - began >= 4_000) {
      throw new TimeoutError("Cannot look at the container: no answer within 1 ms");
    }
    return runningSince(began, { exec: () => 1 });
  });
  const config: ServiceConfig = { containers: [{ image: "x", health_check: { exec } }] };
  const waited = untilReady(engine, { id: "c", name: "iris", port: 8000, config }, { clock, timeout: 5_000 });
  await assert.rejects(
    waited,
    /^TimeoutError: Cannot wait for service "iris": the command of its check ends with 1 after/,
  );
});

const ends: [title: string, state: Record<string, unknown> | undefined, code: string, message: RegExp][] = [
  ["exited", { Status: "exited", ExitCode: 1 }, "ContainerExited", /ended with exit code 1/],
  [
    "killed for its memory",
    { Status: "exited", ExitCode: 137, OOMKilled: true },
    "ContainerOutOfMemory",
    /its 512 MB/,
  ],
  ["paused", { Status: "paused", Running: true, Paused: true }, "ContainerPaused", /docker unpause/],
  ["never started", { Status: "created" }, "ContainerExited", /was not started; start it/],
  [
    "not to be started",
    { Status: "created", Error: "exec format error" },
    "ContainerExited",
    /another kind of processor/,
  ],
  ["being removed", { Status: "removing" }, "ContainerGone", /being removed/],
  ["dead", { Status: "dead", ExitCode: 255 }, "ContainerExited", /exit code 255/],
  ["gone", undefined, "ContainerGone", /its container is gone; deploy it again/],
];

for (const [title, state, code, message] of ends) {
  test(`untilReady() rejects at once when the container is ${title}`, async () => {
    const started = state &&
      { StartedAt: state.Status === "created" ? "" : "2024-01-01T00:00:00Z", ...state };
    const { outcome, took } = await wait({
      container: () => ({ state: started }),
      metadata: { memory: 512 },
    });
    assert.ok(outcome instanceof ContainerError, `${outcome}`);
    assert.equal(outcome.code, code);
    assert.match(outcome.message, message);
    assert.equal(outcome.serviceName, "iris");
    assert.equal(took, 0);
  });
}

test("untilReady() rejects with the signal's reason, and lets the signal go in any case", async () => {
  for (const at of [0, 3_000]) {
    const { signal, listeners, controller } = watchedSignal();
    const reason = new Error("enough");
    const { outcome } = await wait({
      container: (elapsed) => {
        if (elapsed >= at) controller.abort(reason);
        return { exec: () => 1 };
      },
      options: { signal },
    });
    assert.equal(outcome, reason);
    assert.equal(listeners(), 0);
  }
  const { signal, listeners } = watchedSignal();
  await wait({ options: { signal } });
  assert.equal(listeners(), 0);
});

for (const options of [{ timeout: 0 }, { giveUpAfter: -1 }]) {
  test(`untilReady() refuses ${JSON.stringify(options)} before it asks`, async () => {
    const { outcome, asked } = await wait({ options });
    assert.ok(outcome instanceof RangeError);
    assert.deepEqual(asked, []);
  });
}
