import assert from "node:assert/strict";
import { test as register } from "node:test";
import { map } from "../../plugins/predict/map.ts";
import { seeded } from "../support/seeded.ts";
import { type SimulatedClock, simulatedClock } from "../support/simulated_clock.ts";
import {
  type Conduct,
  crowded,
  rateLimited,
  service,
  type SimulatedService,
  status,
  workers,
} from "../support/simulated_service.ts";
import { type Unregistered, unwatched } from "../support/unwatched.ts";

const tests: Unregistered[] = [];
const test = (...unregistered: Unregistered): void => void tests.push(unregistered);

const items = 16_000;

/** Times in milliseconds: much alike, or as different as times of independent events are. */
const alike = (mean: number) => (): number => mean * (0.8 + 0.4 * Math.random());
const wild = (mean: number) => (): number => -mean * Math.log(1 - Math.random());

function faulty(clock: SimulatedClock, share: number, conduct: Conduct): Conduct {
  return async (inFlight, signal) => {
    if (Math.random() >= share) return await conduct(inFlight, signal);
    await clock.sleep(2, signal);
    throw status([500, 502, 503][Math.floor(3 * Math.random())]!);
  };
}

/** With fixed limits of which one is about the best. */
const services: [what: string, conduct: (clock: SimulatedClock) => Conduct, fixed: number[]][] = [
  ["20 instances", (clock) => workers(clock, () => 20, alike(50)), [15, 20, 30]],
  ["20 instances with times that differ much", (clock) => workers(clock, () => 20, wild(50)), [20, 30, 50]],
  ["100 instances with a queue of 64", (clock) => workers(clock, () => 100, wild(100), 64), [
    64,
    100,
    130,
    164,
  ]],
  ["4 instances with a queue of 5", (clock) => workers(clock, () => 4, wild(80), 5), [4, 6, 9, 12]],
  ["one instance", (clock) => workers(clock, () => 1, alike(20)), [1, 2, 4]],
  ["a limit of 500 requests a second", (clock) => rateLimited(clock, 500, alike(100)), [45, 52, 60, 70]],
  ["that limit and 5 % faults", (clock) => faulty(clock, 0.05, rateLimited(clock, 500, alike(100))), [
    52,
    60,
    70,
    80,
  ]],
  ["requests that hinder each other", (clock) => crowded(clock, alike(40), 0.05, 0.0005), [35, 40, 45, 50]],
];

/** Answers a second, and how much went into them. */
async function speed(
  conduct: (clock: SimulatedClock) => Conduct,
  items: number,
  concurrency: number | "adaptive",
): Promise<{ perSecond: number; answered: number; requests: number }> {
  const clock = simulatedClock();
  const simulated = service(conduct(clock));
  const begun = clock.now(), answered = new Set<number>();
  await clock.run((async () => {
    for await (const result of map(simulated, Array(items).keys(), { concurrency, clock })) {
      if (result.ok) answered.add(result.output);
    }
  })());
  const perSecond = 1000 * answered.size / (clock.now() - begun);
  return { perSecond, answered: answered.size, requests: simulated.requests };
}

for (const [what, conduct, fixed] of services) {
  test(`map() is within 5 % of the best fixed concurrency with ${what}`, () =>
    seeded(7, async () => {
      let best = 0;
      for (const concurrency of fixed) {
        best = Math.max(best, (await speed(conduct, 5_000, concurrency)).perSecond);
      }
      const { perSecond, answered, requests } = await speed(conduct, items, "adaptive");
      assert.equal(answered, items);
      assert.ok(perSecond >= 0.95 * best, `${perSecond} and ${best} a second`);
      assert.ok(requests <= 1.25 * items, `${requests} requests`);
    }));
}

test("map() loses little in a run of ten seconds, neither in its beginning nor in its end", () =>
  seeded(7, async () => {
    const conduct = (clock: SimulatedClock) => rateLimited(clock, 500, alike(100));
    const [best, adaptive] = [await speed(conduct, 5_000, 60), await speed(conduct, 5_000, "adaptive")];
    assert.equal(adaptive.answered, 5_000);
    assert.ok(
      adaptive.perSecond >= 0.94 * best.perSecond,
      `${adaptive.perSecond} and ${best.perSecond} a second`,
    );
  }));

/** A service that does not answer at all from one time on, for a while. */
function outage(clock: SimulatedClock, from: number, to: number): SimulatedService {
  const begun = clock.now();
  const inner = workers(clock, () => 20, alike(50));
  return service(async (inFlight, signal) => {
    const at = clock.now() - begun;
    if (at < from || at >= to) return await inner(inFlight, signal);
    await clock.sleep(2, signal);
    throw status(503);
  });
}

test("map() lets a service recover from an outage, and loses no item over it", () =>
  seeded(1, async () => {
    const clock = simulatedClock();
    const simulated = outage(clock, 5_000, 13_000);
    const begun = clock.now();
    let answered = 0;
    await clock.run((async () => {
      for await (const { ok } of map(simulated, Array(6_000).keys(), { clock })) answered += Number(ok);
    })());
    const seconds = (clock.now() - begun) / 1000;
    assert.equal(answered, 6_000);
    assert.ok(seconds < 8 + 15 + 20, `${seconds} s`); // the outage, the work, and the longest pause of an item
    assert.ok(simulated.requests < 6_000 + 60 * 10, `${simulated.requests} requests`);
  }));

test("map() gives up the items of an outage that does not end, with bounded requests", () =>
  seeded(1, async () => {
    const clock = simulatedClock();
    const simulated = outage(clock, 0, Infinity);
    let failed = 0;
    await clock.run((async () => {
      for await (const { ok, attempts } of map(simulated, Array(50).keys(), { clock })) {
        assert.equal(attempts, 11);
        failed += Number(!ok);
      }
    })());
    assert.equal(failed, 50);
    assert.equal(simulated.requests, 50 * 11);
    assert.ok(simulated.peak <= 8, `${simulated.peak} at a time`);
  }));

test("map() adapts to no more than maxConcurrency", () =>
  seeded(1, async () => {
    for (const maxConcurrency of [1, 2, 5, 30]) {
      const clock = simulatedClock();
      const simulated = service(workers(clock, () => 1_000, wild(50)));
      await clock.run((async () => {
        for await (const { ok } of map(simulated, Array(2_000).keys(), { clock, maxConcurrency })) {
          assert.ok(ok);
        }
      })());
      assert.equal(simulated.peak, maxConcurrency);
    }
  }));

test("map() finds out when a service has grown or shrunk", () =>
  seeded(1, async () => {
    for (const [before, after] of [[15, 60], [60, 15]] as const) {
      const clock = simulatedClock();
      const begun = clock.now();
      const simulated = service(
        workers(clock, () => clock.now() - begun < 15_000 ? before : after, alike(50)),
      );
      let late = 0;
      await clock.run((async () => {
        for await (const { ok } of map(simulated, Array(100_000).keys(), { clock })) {
          assert.ok(ok);
          if (clock.now() - begun > 40_000) late++;
          if (clock.now() - begun > 50_000) return;
        }
      })());
      const most = 10_000 / 50 * after;
      assert.ok(late > 0.9 * most, `${late} answers of ${most}`);
      assert.ok(simulated.inFlight <= 3 * after, `${simulated.inFlight} at a time`);
    }
  }));

test("map() learns nothing of the service from a loop that is slow", () =>
  seeded(1, async () => {
    const clock = simulatedClock();
    const simulated = service(workers(clock, () => 20, alike(50)));
    await clock.run((async () => {
      for await (const { ok } of map(simulated, Array(1_000).keys(), { clock })) {
        assert.ok(ok);
        await clock.sleep(20);
      }
    })());
    assert.ok(simulated.peak <= 16, `${simulated.peak} at a time`);
  }));

for (const [name, run] of await unwatched(tests)) register(name, run);
