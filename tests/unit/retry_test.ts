import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fetch } from "../../core/fetch.ts";
import {
  apiRetry,
  predictRetry,
  retryBudget,
  type RetryOptions,
  type RetryPolicy,
  withRetry,
} from "../../core/retry.ts";
import { fakeClock } from "../support/fake_clock.ts";

type Answer = Response | Error;

/** Calls once through the retries and tells how often the inner fetch ran, and how long the pauses were. */
async function run(
  answers: (attempt: number) => Answer,
  init: RequestInit = {},
  options: RetryOptions = {},
  policy: RetryPolicy = predictRetry,
): Promise<{ attempts: number; status?: number; error?: unknown; slept: number[] }> {
  const clock = fakeClock();
  let attempts = 0;
  const fetch: Fetch = () => {
    const answer = answers(attempts++);
    return answer instanceof Response ? answer : Promise.reject(answer);
  };
  try {
    const { status } = await withRetry(fetch, policy, { clock, ...options })("http://h", {
      method: "POST",
      ...init,
    });
    return { attempts, status, slept: clock.slept };
  } catch (error) {
    return { attempts, error, slept: clock.slept };
  }
}

const status = (status: number, headers?: HeadersInit) => () => new Response(null, { status, headers });
const failure = (code: string) => () => Object.assign(new TypeError("fetch failed"), { cause: { code } });

// Attempts of a call that always gets the same answer: as the caller's POST, and marked as one that may run twice.
const table: [answer: string, answers: () => Answer, post: number, idempotent: number][] = [
  ["200", status(200), 1, 1],
  ["204", status(204), 1, 1],
  ["302", status(302), 1, 1],
  ...[400, 401, 403, 404, 405, 413, 501, 505].map((
    code,
  ): [string, () => Answer, number, number] => [`${code}`, status(code), 1, 1]),
  ["408", status(408), 1, 3],
  ["429", status(429), 3, 3],
  ["450", status(450), 3, 3],
  ["500", status(500), 2, 2],
  ["502", status(502), 3, 3],
  ["503", status(503), 3, 3],
  ["504", status(504), 1, 3],
  ["a refused connection", failure("ECONNREFUSED"), 3, 3],
  ["an unknown host", failure("ENOTFOUND"), 3, 3],
  ["a connection that broke", failure("ECONNRESET"), 1, 3],
  ["an error that is not the network's", () => new RangeError("wrong"), 1, 1],
];

for (const [name, answers, post, idempotent] of table) {
  test(`withRetry() attempts ${post} times, ${idempotent} if idempotent, when the answer is ${name}`, async () => {
    assert.equal((await run(answers)).attempts, post);
    assert.equal((await run(answers, {}, { idempotent: true })).attempts, idempotent);
  });
}

test("retryBudget() gives back a retry each second, and one for ten answers that need none", () => {
  const clock = fakeClock();
  const budget = retryBudget(2, clock);
  assert.deepEqual([budget(1), budget(1), budget(1)], [true, true, false]);
  clock.time += 999;
  assert.equal(budget(1), false);
  clock.time += 1;
  assert.deepEqual([budget(1), budget(1)], [true, false]);
  for (let answer = 0; answer < 11; answer++) budget(-0.1); // ten, were it not for binary fractions
  assert.deepEqual([budget(1), budget(1)], [true, false]);
  clock.time += 3_600_000;
  for (let answer = 0; answer < 100; answer++) budget(-0.1);
  assert.deepEqual([budget(1), budget(1), budget(1)], [true, true, false]); // no more than there were at first
});

test("withRetry() retries no more than its budget has, whatever fails", async () => {
  const clock = fakeClock();
  for (const answers of [status(503), failure("ECONNREFUSED")]) {
    const budget = retryBudget(3, { ...clock, now: () => 0 });
    let attempts = 0;
    for (let call = 0; call < 10; call++) attempts += (await run(answers, {}, { clock, budget })).attempts;
    assert.equal(attempts, 13);
  }
});

test("withRetry() has a budget for ever where one answer in ten fails", async () => {
  const budget = retryBudget(3, { ...fakeClock(), now: () => 0 });
  for (let call = 0; call < 200; call++) {
    const { status } = await run(
      (n) => new Response(null, { status: call % 11 === 0 && !n ? 503 : 200 }),
      {},
      { budget },
    );
    assert.equal(status, 200);
  }
});

test("withRetry() gives the answer of the first attempt that succeeds", async () => {
  const { attempts, status: final, slept } = await run((n) =>
    new Response(null, { status: n < 2 ? 503 : 200 })
  );
  assert.deepEqual([attempts, final, slept.length], [3, 200, 2]);
});

test("withRetry() takes GET, HEAD, PUT and DELETE for idempotent", async () => {
  for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
    assert.equal((await run(failure("ECONNRESET"), { method })).attempts, 3, method);
  }
  assert.equal((await run(failure("ECONNRESET"), { method: "PATCH" })).attempts, 1);
  assert.equal((await run(failure("ECONNRESET"), { method: "PUT" }, { idempotent: false })).attempts, 1);
});

test("withRetry() doubles the bound of its pauses", async () => {
  const random = Math.random;
  const clock = fakeClock();
  try {
    Math.random = () => 0.5;
    const doubling = { ...predictRetry, retries: 4, baseDelay: 100, maxDelay: 500 };
    await withRetry(() => new Response(null, { status: 503 }), doubling, { clock })("http://h", {});
  } finally {
    Math.random = random;
  }
  assert.deepEqual(clock.slept, [50, 100, 200, 250]);
});

test("withRetry() waits as long as the server asks, in seconds or until a date", async () => {
  assert.deepEqual((await run(status(429, { "retry-after": "1.5" }))).slept, [1500, 1500]);
  const date = new Date(fakeClock().now() + 3_000).toUTCString();
  assert.deepEqual((await run(status(503, { "retry-after": date }))).slept[0], 3_000);
});

test("withRetry() gives up when the server asks for more than the policy allows", async () => {
  assert.deepEqual(await run(status(429, { "retry-after": "21" })), { attempts: 1, status: 429, slept: [] });
});

test("withRetry() pauses as usual when the server's wish can't be read", async () => {
  const { attempts, slept } = await run(status(429, { "retry-after": "soon" }));
  assert.deepEqual([attempts, slept.every((ms) => ms <= 500)], [3, true]);
});

test("withRetry() never sends a stream twice", async () => {
  for (const answers of [status(503), failure("ECONNREFUSED")]) {
    assert.equal((await run(answers, { body: new ReadableStream() }, { idempotent: true })).attempts, 1);
  }
});

test("withRetry() cancels the bodies that it drops", async () => {
  let cancelled = 0;
  const answers = () => new Response(new ReadableStream({ cancel: () => void cancelled++ }), { status: 503 });
  await run(answers);
  assert.equal(cancelled, 2);
});

test("withRetry() stops at once when the signal is aborted during a pause", async () => {
  const controller = new AbortController();
  const clock = { now: () => 0, sleep: () => Promise.reject(controller.signal.reason) };
  const answers = () => (controller.abort(new Error("enough")), new Response(null, { status: 503 }));
  const { attempts, error } = await run(answers, { signal: controller.signal }, { clock });
  assert.deepEqual([attempts, (error as Error).message], [1, "enough"]);
});

test("withRetry() sends nothing when the signal is aborted before", async () => {
  const { attempts, error } = await run(status(200), { signal: AbortSignal.abort(new Error("enough")) });
  assert.deepEqual([attempts, (error as Error).message], [0, "enough"]);
});

test("apiRetry repeats throttled calls, and failed ones only if they may run twice", async () => {
  for (
    const [code, post, get] of [[429, 4, 4], [500, 1, 4], [503, 1, 4], [400, 1, 1], [404, 1, 1]] as const
  ) {
    assert.equal((await run(status(code), {}, {}, apiRetry)).attempts, post);
    assert.equal((await run(status(code), { method: "GET" }, {}, apiRetry)).attempts, get);
  }
});

test("withRetry() repeats what workerd calls retryable only if it may run twice", async () => {
  const lost = () =>
    Promise.reject(Object.assign(new Error("Network connection lost."), { retryable: true }));
  for (const [method, wanted] of [["GET", 3], ["POST", 1]] as const) {
    let attempts = 0;
    await assert.rejects(
      withRetry(() => (attempts++, lost()), predictRetry, { clock: fakeClock() })("http://h", {
        method,
      }) as Promise<Response>,
    );
    assert.equal(attempts, wanted);
  }
});
test("withRetry() takes no word of the address for the reason", async () => {
  const cause = new Error(
    "error sending request for url (http://h/api/predict/refused_loans): client error (SendRequest)",
  );
  let attempts = 0;
  const broken = () => (attempts++, Promise.reject(new TypeError("fetch failed", { cause })));
  await assert.rejects(
    withRetry(broken, predictRetry, { clock: fakeClock() })("http://h/refused", {
      method: "POST",
    }) as Promise<
      Response
    >,
  );
  assert.equal(attempts, 1);
});

for (const code of ["EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]) {
  test(`withRetry() repeats a POST whose connection failed with ${code}`, async () => {
    let attempts = 0;
    const failed = () => (attempts++, Promise.reject(new TypeError("fetch failed", { cause: { code } })));
    await assert.rejects(async () =>
      await withRetry(failed, predictRetry, { clock: fakeClock() })("http://h", { method: "POST" })
    );
    assert.equal(attempts, 3);
  });
}

test("withRetry() does not wait for a refused body to be cancelled, which may never end", async () => {
  const stuck = new ReadableStream({ cancel: () => new Promise(() => {}) });
  const failing = new ReadableStream({ cancel: () => Promise.reject(new Error("no")) });
  const { attempts, status } = await run((n) =>
    new Response([stuck, failing][n] ?? "done", { status: n < 2 ? 503 : 200 })
  );
  assert.deepEqual([attempts, status], [3, 200]);
});
