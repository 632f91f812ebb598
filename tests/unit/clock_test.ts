import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../core/clock.ts";

test("systemClock.sleep() leaves no listener and no timer, and rejects at once on an aborted signal", async () => {
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal), remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args));
  await systemClock.sleep(0, signal);
  assert.equal(listeners, 0);
  const long = systemClock.sleep(2 ** 30, signal); // a timer that stays would keep the process alive
  controller.abort(new Error("enough"));
  await assert.rejects(long, /enough/);
  await assert.rejects(systemClock.sleep(2 ** 30, signal), /enough/);
});
