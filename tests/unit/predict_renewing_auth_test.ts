import assert from "node:assert/strict";
import { test } from "node:test";
import { bearerAuth, Predictor } from "../../core/predictor.ts";
import { easSignature } from "../../plugins/predict/eas-signature.ts";
import { renewToken, type RenewTokenOptions } from "../../plugins/predict/renewing-auth.ts";

/** A service whose token can be changed, and a vault that is asked for it. */
function guarded(
  options: RenewTokenOptions & { prefix?: string; vault?: () => string | Promise<string> } = {},
) {
  const state = { token: "1", asked: [] as (string | undefined)[], sent: [] as string[] };
  const fetch = (_: string, { headers }: RequestInit) => {
    const sent = new Headers(headers).get("authorization")!;
    state.sent.push(sent);
    return sent === (options.prefix ?? "") + state.token
      ? Response.json(true)
      : new Response("Unauthorized", { status: 401 });
  };
  const auth = renewToken(async (refused) => {
    state.asked.push(refused);
    await null;
    return options.vault ? options.vault() : state.token;
  }, options);
  return { state, predictor: new Predictor({ endpoint: "http://h", auth, fetch }) };
}

test("renewToken() asks once for any number of calls, and not before there is one", async () => {
  const { state, predictor } = guarded();
  assert.deepEqual(state.asked, []);
  await Promise.all([predictor.predict(1), predictor.predict(2), predictor.predict(3)]);
  await predictor.predict(4);
  assert.deepEqual([state.asked, state.sent], [[undefined], ["1", "1", "1", "1"]]);
});

test("renewToken() asks once more for any number of calls that are refused at a time", async () => {
  const { state, predictor } = guarded();
  await predictor.predict(0);
  state.token = "2";
  const results = await Promise.all(Array.from({ length: 10 }, (_, i) => predictor.predict(i)));
  assert.ok(results.every((result) => result === true));
  assert.deepEqual(state.asked, [undefined, "1"]);
  assert.equal(state.sent.length, 1 + 10 + 10);
});

test("renewToken() gives up when there is no other token, and tries again with the next call", async () => {
  const { state, predictor } = guarded({ vault: () => "old" });
  await assert.rejects(predictor.predict(1), { name: "PredictionError", status: 401, body: "Unauthorized" });
  assert.deepEqual([state.asked, state.sent], [[undefined, "old"], ["old"]]);
  state.token = "old";
  assert.equal(await predictor.predict(1), true);
});

test("renewToken() sends a request once more, not for ever", async () => {
  let count = 0;
  const { state, predictor } = guarded({ vault: () => `wrong ${count++}` });
  await assert.rejects(predictor.predict(1), { status: 401 });
  assert.deepEqual(state.sent, ["wrong 0", "wrong 1"]);
});

test("renewToken() fails as the vault does, and asks it again with the next call", async () => {
  let isDown = true;
  const { predictor } = guarded({
    vault: () => isDown ? Promise.reject(new Error("the vault is down")) : "1",
  });
  await assert.rejects(predictor.predict(1), /the vault is down/);
  isDown = false;
  assert.equal(await predictor.predict(1), true);
});

test("renewToken() uses tokens as it is told", async () => {
  const { state, predictor } = guarded({ auth: bearerAuth, prefix: "Bearer " });
  await predictor.predict(1);
  state.token = "2";
  await predictor.predict(1);
  assert.deepEqual(state.sent, ["Bearer 1", "Bearer 1", "Bearer 2"]);
  const signed = guarded({ auth: easSignature });
  await assert.rejects(signed.predictor.predict(1), { status: 401 });
  assert.match(signed.state.sent[0]!, /^EAS /);
});

test("renewToken() does not send a stream twice", async () => {
  const { state, predictor } = guarded();
  await predictor.predict(0);
  state.token = "2";
  await assert.rejects(predictor.rawPredict(new ReadableStream()), { status: 401 });
  assert.equal(state.sent.length, 2);
  assert.equal((await predictor.rawPredict("x")).status, 200);
});

test("renewToken() keeps tokens out of errors", async () => {
  let count = 0;
  const auth = renewToken(() => `SECRET-${count++}`);
  const fetch = (_: string, { headers }: RequestInit) =>
    new Response(`you sent ${new Headers(headers).get("authorization")}`, { status: 401 });
  const error = await new Predictor({ endpoint: "http://h", auth, fetch }).predict(1).catch((error: Error) =>
    error
  ) as Error;
  assert.match(error.message, /you sent \*\*\*/);
  assert.ok(!JSON.stringify(error).includes("SECRET"));
});
