import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Consumer } from "../../plugins/emulator/queue/consumer-group.ts";
import { BadCall, duration, readParameters } from "../../plugins/emulator/queue/parameters.ts";
import { Queue } from "../../plugins/emulator/queue/queue.ts";
import { fakeClock } from "../support/fake_clock.ts";

function makeQueue(): Queue {
  const clock = fakeClock();
  return new Queue({ name: "q", clock, maxLength: 1000, maxPayload: 1000, evicts: false, offset: 0n });
}

function put(queue: Queue, priority = 0): bigint {
  const item = { tags: new Map<string, string>(), data: new Uint8Array(), path: "/", headers: new Headers() };
  return queue.put({ ...item, priority }).index;
}

const window = 3;

/** A consumer of a group, and what it holds. */
class Member {
  consumer: Consumer | undefined;
  readonly held: bigint[] = [];
  readonly #queue: Queue;
  readonly #user: string;

  constructor(queue: Queue, user: string) {
    this.#queue = queue;
    this.#user = user;
  }

  get group() {
    return this.#queue.group("g");
  }

  join(): void {
    this.held.length = 0;
    const wishes = { window, autoCommit: false, tags: new Map(), from: 0n };
    this.consumer = this.group.join(this.#user, wishes);
  }

  leave(): void {
    if (this.consumer) this.group.leave(this.consumer);
    this.consumer = undefined;
    this.held.length = 0;
  }

  take(): bigint | undefined {
    const index = this.consumer && this.group.take(this.consumer)?.index;
    if (index !== undefined) this.held.push(index);
    return index;
  }
}

const step = fc.record({
  what: fc.constantFrom("put", "take", "take", "commit", "refuse", "join", "leave"),
  who: fc.nat({ max: 2 }),
});

test("whatever consumers do, each item is with one of them at a time and committed once, and none is lost", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const queue = makeQueue();
    const members = ["a", "b", "c"].map((user) => new Member(queue, user));
    const all: bigint[] = [], committed: bigint[] = [];
    const commit = (index: bigint): void => {
      queue.group("g").commit(index);
      committed.push(index);
    };
    for (const { what, who } of steps) {
      const member = members[who]!; // one of three
      if (what === "put") all.push(put(queue));
      else if (what === "join" || what === "leave") member[what]();
      else if (what === "take") {
        const taken = member.take();
        const holders = members.filter(({ held }) => taken !== undefined && held.includes(taken));
        assert.equal(holders.length, taken === undefined ? 0 : 1);
        assert.ok(member.held.length <= window);
      } else {
        const index = member.held.shift();
        if (index === undefined) continue;
        if (what === "commit") commit(index);
        else queue.group("g").refuse(index);
      }
    }
    for (const member of members) member.leave();
    const last = members[0]!; // one of three
    last.join();
    for (let index = last.take(); index !== undefined; index = last.take()) commit(index);
    assert.deepEqual(committed.toSorted(), all.toSorted());
    assert.equal(queue.length, 0);
  }));
});

test("items go out by priority, and among equals in the order in which they came", () => {
  fc.assert(fc.property(fc.array(fc.nat({ max: 3 }), { maxLength: 30 }), (priorities) => {
    const queue = makeQueue();
    const items = priorities.map((priority) => ({ priority, index: put(queue, priority) }));
    const wanted = items.toSorted((a, b) => b.priority - a.priority || (a.index < b.index ? -1 : 1));
    const member = new Member(queue, "a");
    member.join();
    const order: bigint[] = [];
    for (let index = member.take(); index !== undefined; index = member.take()) {
      order.push(index);
      queue.group("g").commit(index);
    }
    assert.deepEqual(order, wanted.map(({ index }) => index));
  }));
});

test("durations are read as Go writes them", () => {
  const read = (text: string): number =>
    duration(readParameters(`?_timeout_=${encodeURIComponent(text)}`), "_timeout_");
  for (
    const [text, ms] of [
      ["0", 0],
      ["0s", 0],
      ["5s", 5000],
      ["1.5s", 1500],
      ["250ms", 250],
      ["1m30s", 90_000],
      ["1h0m0s", 3_600_000],
      ["1µs", 0.001],
      ["2000ns", 0.002],
    ] as const
  ) {
    assert.equal(read(text), ms, text);
  }
  fc.assert(fc.property(fc.nat({ max: 1e9 }), (ms) => assert.equal(read(`${ms}ms`), ms)));
  for (const text of ["", "5", "s", "-1s", "1s 2s", "1d", "1.s"]) {
    assert.throws(() => read(text), BadCall, `"${text}"`);
  }
});
