import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chain,
  type Credentials,
  type CredentialsProvider,
  memoize,
  staticCredentials,
} from "../../core/credentials.ts";
import { CredentialsError } from "../../core/errors.ts";
import { fakeClock } from "../support/fake_clock.ts";

const key = { accessKeyId: "id", accessKeySecret: "secret" };
const minute = 60_000;

/** A provider of keys that live so long; it counts how often it was asked. */
function provider(
  clock: { now(): number },
  life: number,
): CredentialsProvider & { asked: number; fails: boolean } {
  const ask = Object.assign(
    async (): Promise<Credentials> => {
      const count = ++ask.asked;
      await Promise.resolve();
      if (ask.fails) throw new Error(`failed ${count}`);
      return { ...key, securityToken: `token-${count}`, expiration: new Date(clock.now() + life) };
    },
    { asked: 0, fails: false },
  );
  return ask;
}

test("staticCredentials() gives what it was given and refuses an incomplete key", async () => {
  assert.deepEqual(await staticCredentials(key)(), key);
  for (const missing of [{ ...key, accessKeyId: "" }, { ...key, accessKeySecret: "" }]) {
    assert.throws(() => staticCredentials(missing), TypeError);
  }
});

test("chain() takes the first source that has credentials", async () => {
  const empty = () => Promise.reject(new CredentialsError("nothing here", { tryNext: true }));
  assert.deepEqual(
    await chain(empty, staticCredentials(key), () => Promise.reject(new Error("not asked")))(),
    key,
  );
});

test("chain() does not go on past a source that is configured but broken", async () => {
  const broken = () => Promise.reject(new CredentialsError("the role is gone"));
  await assert.rejects(chain(broken, staticCredentials(key))(), /the role is gone/);
});

test("chain() tells every reason when nothing is configured", async () => {
  const empty = (why: string) => () => Promise.reject(new CredentialsError(why, { tryNext: true }));
  await assert.rejects(
    chain(empty("no file"), empty("no role"))(),
    (error) => error instanceof CredentialsError && error.tryNext && /no file; no role/.test(error.message),
  );
});

test("memoize() asks once for any number of callers", async () => {
  const clock = fakeClock();
  const inner = provider(clock, 60 * minute);
  const memoized = memoize(inner, { clock });
  const all = await Promise.all(Array.from({ length: 50 }, () => memoized()));
  assert.equal(inner.asked, 1);
  assert.ok(all.every(({ securityToken }) => securityToken === "token-1"));
  await memoized();
  assert.equal(inner.asked, 1);
});

test("memoize() keeps credentials that don't end", async () => {
  const clock = fakeClock();
  let asked = 0;
  const memoized = memoize(() => (asked++, Promise.resolve(key)), { clock });
  await memoized();
  clock.time += 1e12;
  assert.deepEqual([await memoized(), asked], [key, 1]);
});

test("memoize() renews beside the calls at 15 minutes to go, once, while they use the old ones", async () => {
  const clock = fakeClock();
  const inner = provider(clock, 60 * minute);
  const memoized = memoize(inner, { clock });
  await memoized();
  clock.time += 45 * minute - 1;
  await memoized();
  assert.equal(inner.asked, 1);
  clock.time += 1;
  const [first, second] = await Promise.all([memoized(), memoized()]);
  assert.deepEqual([first.securityToken, second.securityToken, inner.asked], ["token-1", "token-1", 2]);
  assert.equal((await memoized()).securityToken, "token-2");
});

test("memoize() renews short-lived credentials when a quarter of their life is left", async () => {
  const clock = fakeClock();
  const inner = provider(clock, 8 * minute);
  const memoized = memoize(inner, { clock });
  await memoized();
  clock.time += 6 * minute - 1;
  await memoized();
  assert.equal(inner.asked, 1);
  clock.time += 1;
  await memoized();
  assert.equal(inner.asked, 2);
});

test("memoize() makes callers wait when a minute or less is left", async () => {
  const clock = fakeClock();
  const memoized = memoize(provider(clock, 60 * minute), { clock });
  await memoized();
  clock.time += 59 * minute;
  assert.equal((await memoized()).securityToken, "token-2");
});

test("memoize() goes on with the old ones when renewal fails, and tries again after 5 s", async () => {
  const clock = fakeClock();
  const inner = provider(clock, 60 * minute);
  const memoized = memoize(inner, { clock });
  await memoized();
  clock.time += 50 * minute;
  inner.fails = true;
  for (let call = 0; call < 10; call++) assert.equal((await memoized()).securityToken, "token-1");
  assert.equal(inner.asked, 2);
  clock.time += 5_000;
  await memoized();
  assert.equal(inner.asked, 3);
});

test("memoize() does not remember a failure", async () => {
  const clock = fakeClock();
  const inner = provider(clock, 60 * minute);
  inner.fails = true;
  const memoized = memoize(inner, { clock });
  await assert.rejects(memoized(), /failed 1/);
  inner.fails = false;
  assert.equal((await memoized()).securityToken, "token-2");
});

test("memoize() gets other credentials when a server has refused those it keeps, once for all callers", async () => {
  const clock = fakeClock();
  const inner = provider(clock, 60 * minute);
  const memoized = memoize(inner, { clock });
  const rejected = await memoized();
  const all = await Promise.all(Array.from({ length: 10 }, () => memoized({ rejected: { ...rejected } })));
  assert.ok(all.every(({ securityToken }) => securityToken === "token-2"));
  assert.equal((await memoized({ rejected })).securityToken, "token-2"); // others came meanwhile
  assert.equal(inner.asked, 2);
});
