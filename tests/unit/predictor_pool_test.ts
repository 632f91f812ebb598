// Bodies are written into buffers that are used again. Nothing that is sent may change on its way because of that.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { fromArrayProto } from "../../core/array-proto.ts";
import { Predictor } from "../../core/predictor.ts";
import { tensor } from "../../core/tensors.ts";
import { pytorch } from "../../plugins/serializers/pytorch.ts";
import { decode, encode, predictRequest, predictResponse } from "../../protos/pytorch-predict.ts";

const original = globalThis.fetch;
let buffers: ArrayBufferLike[] = [];
let answers: ((body: Uint8Array<ArrayBuffer>) => Promise<Response>)[] = [];

/** Like the runtime's own, copies a body before it returns. */
function copyingFetch(_: unknown, init?: RequestInit): Promise<Response> {
  const body = init?.body as Uint8Array<ArrayBuffer>; // what the serializer writes
  buffers.push(body.buffer);
  const answer = answers.shift() ?? echo;
  return answer(body.slice());
}

function echo(body: Uint8Array<ArrayBuffer>): Promise<Response> {
  const { inputs } = decode(predictRequest, body);
  return Promise.resolve(new Response(encode(predictResponse, { outputs: inputs })));
}

beforeEach(() => {
  buffers = [];
  answers = [];
  globalThis.fetch = copyingFetch as typeof fetch;
});
afterEach(() => {
  globalThis.fetch = original;
});

const predictor = (options = {}) =>
  new Predictor({ endpoint: "http://service", serializer: pytorch(), retry: { ...fast }, ...options });
const fast = { retries: 2, baseDelay: 0, maxDelay: 0, statuses: { 503: {} } };
const values = (first: number, count = 3) => Float32Array.from({ length: count }, (_, i) => first + i);

test("calls one after the other use one buffer; a shorter body fits into it, a longer one gets a new one", async () => {
  const service = predictor();
  for (const count of [100, 50, 100, 200, 10]) {
    const given = values(count, count);
    assert.deepEqual((await service.predict(tensor(given))).data, given);
  }
  const [a, b, c, d, e] = buffers;
  assert.ok(a === b && b === c && c !== d && d === e);
});

test("calls at a time use a buffer each, and all of them again", async () => {
  const service = predictor();
  const all = async () => {
    const given = [values(0), values(10), values(20)];
    const results = await Promise.all(given.map((data) => service.predict(tensor(data))));
    assert.deepEqual(results.map(({ data }) => data), given);
  };
  await all();
  assert.equal(new Set(buffers).size, 3);
  await all();
  assert.equal(new Set(buffers).size, 3);
});

test("a retry sends what the first attempt sent, though other calls came and went in between", async () => {
  const service = predictor();
  await service.predict(tensor(values(1)));
  const seen: unknown[] = [];
  answers = [async (body) => {
    seen.push(fromArrayProto(decode(predictRequest, body).inputs![0]!).toNested());
    await service.predict(tensor(values(50)));
    await service.predict(tensor(values(60)));
    return new Response("busy", { status: 503 });
  }];
  const result = await service.predict(tensor(values(7)));
  assert.deepEqual(seen, [[7, 8, 9]]);
  assert.deepEqual(result.toNested(), [7, 8, 9]);
});

test("a call that failed keeps its buffer out of the pool, since its request may still be on its way", async () => {
  const service = predictor({ retry: false });
  answers = [() => Promise.resolve(new Response("no", { status: 400 }))];
  await assert.rejects(service.predict(tensor(values(1))));
  await service.predict(tensor(values(2)));
  assert.notEqual(buffers[0], buffers[1]);
});

test("another fetch, which may look at a body later, gets a buffer that nothing else uses", async () => {
  const bodies: Uint8Array<ArrayBuffer>[] = [];
  const fetch = (_: string, { body }: RequestInit) => {
    bodies.push(body as Uint8Array<ArrayBuffer>);
    return echo((body as Uint8Array<ArrayBuffer>).slice());
  };
  const service = predictor({ fetch });
  for (const first of [1, 2, 3]) await service.predict(tensor(values(first)));
  const sent = bodies.map((body) => fromArrayProto(decode(predictRequest, body).inputs![0]!).toNested());
  assert.deepEqual(sent, [[1, 2, 3], [2, 3, 4], [3, 4, 5]]);
});

test("what the pool relies on: a request copies its body when it is made", async () => {
  for (const length of [100, 5_000_000]) {
    const body = new Uint8Array(length).fill(1);
    const request = new Request("http://service", { method: "POST", body });
    body.fill(2);
    assert.ok(new Uint8Array(await request.arrayBuffer()).every((byte) => byte === 1));
  }
});

test("outputs are views on the answer, or have memory of their own when that is asked for", async () => {
  for (const [options, isView] of [[{}, true], [{ copy: true }, false]] as const) {
    const { data } = await predictor({ serializer: pytorch(options) }).predict(tensor(values(0, 1000)));
    assert.equal(data.length, 1000);
    assert.equal((data as Float32Array<ArrayBuffer>).buffer.byteLength > 4000, isView);
  }
});
