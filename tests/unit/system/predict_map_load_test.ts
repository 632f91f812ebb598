import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { systemClock } from "../../../core/clock.ts";
import { Predictor } from "../../../core/predictor.ts";
import { emulator, type Handler } from "../../../plugins/emulator/mod.ts";
import { map, type MapResult } from "../../../plugins/predict/map.ts";
import { api } from "../../support/signed_calls.ts";

/** How many items; the long form takes `ITEMS=100000`, and 200 seconds. */
const count = Number(process.env.ITEMS ?? 5_000);
const perSecond = 500;

interface Question {
  id: number;
}

/** A service that answers so many requests a second, 20 ms after they came, and fails one of twenty. */
function limited(answered: Map<number, number>): Handler {
  let tokens = 0, at = systemClock.now(), requests = 0;
  return async (request) => {
    const now = systemClock.now();
    tokens = Math.min(perSecond / 10, tokens + (now - at) * perSecond / 1000);
    at = now;
    if (tokens < 1) return new Response("too many requests", { status: 429 });
    tokens--;
    const { id } = await request.json() as Question;
    if (++requests % 20 === 0) return new Response("a fault", { status: [500, 502, 503][requests / 20 % 3] });
    await systemClock.sleep(20, request.signal);
    answered.set(id, (answered.get(id) ?? 0) + 1);
    return Response.json({ id, square: id * id });
  };
}

async function serviceOf(handler: Handler): Promise<Predictor<Question, { id: number; square: number }>> {
  const cloud = emulator({
    handlers: { squares: handler },
    delays: { create: 0, start: 0, gateway: 0 },
  });
  const config = { name: "squares", token: "token" };
  await api(cloud, "CreateService", "POST /api/v2/services", { body: config });
  return new Predictor({
    endpoint: "http://1000000000000001.vpc.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/squares",
    token: "token",
    fetch: cloud.fetch,
  });
}

function* questions(): Generator<Question> {
  for (let id = 0; id < count; id++) yield { id };
}

test(`map() answers ${count} items once, in order, through limits, faults and an end in the middle`, {
  timeout: 600_000,
}, async () => {
  const answered = new Map<number, number>();
  const predictor = await serviceOf(limited(answered));
  const written = new Map<string, number>();
  const key = ({ id }: Question): string => `q${id}`;
  let last = -1;
  const take = (result: MapResult<Question, { square: number }>): void => {
    if (!result.ok) throw result.error;
    assert.ok(result.index > last, `${result.index} after ${last}`);
    last = result.index;
    assert.ok(!written.has(result.key!), `${result.key} comes twice`);
    written.set(result.key!, result.output.square);
  };
  for await (const result of map(predictor, questions(), { ordered: true, key })) {
    take(result);
    if (written.size === Math.floor(count * 0.4)) break; // the run is killed
  }
  const before = written.size;
  let later = 0;
  last = -1;
  for await (const result of map(predictor, questions(), { ordered: true, key, resume: written })) {
    take(result);
    later++;
  }
  assert.equal(later, count - before);
  assert.deepEqual([...written], Array.from({ length: count }, (_, id) => [`q${id}`, id * id]));
  // Only what was on its way when the run was killed was computed again.
  const twice = [...answered.values()].filter((times) => times > 1).length;
  assert.ok(twice <= 16 * 64, `${twice} were answered twice`);
});

test("map() holds no more items for more of them", async () => {
  const items = 4_000;
  const predictor = { predict: (input: number) => systemClock.sleep(0).then(() => input) };
  for (const [ordered, atOnce] of [[true, 8 * 16], [false, 8 * 2]] as const) {
    let read = 0, seen = 0, most = 0;
    const inputs = (function* () {
      for (; read < items; read++) yield read;
    })();
    for await (const { ok } of map(predictor, inputs, { ordered, concurrency: 8 })) {
      assert.ok(ok);
      most = Math.max(most, read - ++seen);
    }
    assert.equal(seen, items);
    assert.ok(most <= atOnce + 1, `${most} were held`);
    assert.ok(most > 1, "some go at the same time");
  }
});
