import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import model from "../../examples/digits/tensorflow.json" with { type: "json" };
import heldOut from "../../examples/digits/held-out.json" with { type: "json" };
import worker, { type Env, makeWorker } from "../../examples/edge-worker/src/index.ts";
import { decodePng, PngError } from "../../examples/edge-worker/src/png.ts";
import { shrink } from "../../examples/edge-worker/src/shrink.ts";
import type { Fetch } from "../../core/fetch.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { utf8 } from "../support/gateways.ts";
import { encodePng, type PngFilter } from "../support/png.ts";
import { api, object } from "../support/signed_calls.ts";

const services = "http://1000000000000001.cn-hangzhou.pai-eas.aliyuncs.com/api/predict";
const env: Env = {
  CLASSIFIER_ENDPOINT: `${services}/digits`,
  CLASSIFIER_TOKEN: "token of digits",
  CHAT_ENDPOINT: `${services}/qwen`,
  CHAT_TOKEN: "token of qwen",
  CALLER_KEY: "open-sesame",
  PAGE_ORIGIN: "https://page.example.com",
};
const authorization = `Bearer ${env.CALLER_KEY}`;

/** The worker before an emulated EAS, with the digits' own network and a model that says what it was asked. */
async function running(): Promise<ReturnType<typeof makeWorker>> {
  const qwen = async (request: Request): Promise<Response> => {
    if (request.method === "GET") return Response.json({ object: "list", data: [{ id: "qwen" }] });
    const { messages, stream } = await request.json();
    const { content } = messages[0];
    if (!stream) return Response.json({ choices: [{ message: { role: "assistant", content } }] });
    const events = [...content as string].map((letter) =>
      `data: ${JSON.stringify({ choices: [{ delta: { content: letter } }] })}\n\n`
    );
    return new Response([...events, "data: [DONE]\n\n"].join(""), {
      headers: { "content-type": "text/event-stream" },
    });
  };
  const cloud = emulator({ delays: { create: 0, gateway: 0 }, handlers: { qwen } });
  await object(cloud, "PUT emulator-bucket/digits.json", { body: JSON.stringify(model) });
  const create = (body: unknown): Promise<unknown> =>
    api(cloud, "CreateService", "POST /api/v2/services", { body });
  const [processor, model_path] = ["tensorflow_cpu_2.7", "oss://emulator-bucket/digits.json"];
  await create({ name: "digits", token: env.CLASSIFIER_TOKEN, processor, model_path });
  await create({ name: "qwen", token: env.CHAT_TOKEN });
  return makeWorker(cloud.fetch);
}

const post = (body: BodyInit, headers: HeadersInit = {}): RequestInit => ({
  method: "POST",
  body,
  headers: { authorization, ...headers },
});

test("the edge worker classifies held-out digits as TensorFlow does", async () => {
  const app = await running();
  for (let index = 0; index < 20; index++) {
    const grey = Uint8Array.from(heldOut.images[index]!.flat(), (pixel) => Math.round(pixel * 255 / 16));
    const png = await encodePng(8, 8, grey, { filter: (row) => row % 5 as PngFilter });
    const answer = await app.request("/classify", post(png), env);
    assert.equal(answer.status, 200);
    const { digit, scores } = await answer.json();
    const expected = heldOut.tensorflow.dense_1[index]!;
    assert.equal(digit, expected.indexOf(Math.max(...expected)));
    const difference = Math.max(...expected.map((score, i) => Math.abs(score - scores[i])));
    assert.ok(difference < 0.02, `${difference}`); // a PNG has 255 shades, and the digits have 16
  }
});

test("the edge worker takes large pictures in colour", async () => {
  const app = await running();
  const [digit, times] = [heldOut.images[1]!.flat(), 20];
  const wide = 8 * times;
  const colours = Uint8Array.from({ length: wide * wide * 4 }, (_, i) => {
    const pixel = i >> 2, [x, y] = [pixel % wide, Math.floor(pixel / wide)];
    return i % 4 === 3 ? 255 : digit[Math.floor(y / times) * 8 + Math.floor(x / times)]! * 255 / 16;
  });
  const png = await encodePng(wide, wide, colours, { colorType: 6, filter: () => 4, pieces: 100 });
  const answer = await app.request("/classify", post(png), env);
  assert.equal((await answer.json()).digit, heldOut.labels[1]);
});

test("the edge worker passes chat on, as one answer and as a stream", async () => {
  const app = await running();
  const chat = (stream: boolean): RequestInit =>
    post(JSON.stringify({ messages: [{ role: "user", content: "Hi" }], stream }), {
      "content-type": "application/json",
    });
  const whole = await app.request("/chat/v1/chat/completions", chat(false), env);
  assert.equal((await whole.json()).choices[0].message.content, "Hi");
  const streamed = await app.request("/chat/v1/chat/completions", chat(true), env);
  assert.equal(streamed.headers.get("content-type"), "text/event-stream");
  assert.match(await streamed.text(), /"content":"H".*\n\n.*"content":"i".*\n\ndata: \[DONE\]\n\n$/s);
  const models = await app.request("/chat/v1/models", { headers: { authorization } }, env);
  assert.equal((await models.json()).data[0].id, "qwen");
  assert.equal((await app.request("/chat/metrics", { headers: { authorization } }, env)).status, 404);
});

test("the edge worker lets in who has its key, and pages of its origin", async () => {
  const app = await running();
  for (
    const headers of [undefined, { authorization: "Bearer wrong" }, { authorization: env.CLASSIFIER_TOKEN }]
  ) {
    assert.notEqual((await app.request("/classify", { method: "POST", headers }, env)).status, 200);
    assert.ok([400, 401].includes((await app.request("/chat/v1/models", { headers }, env)).status));
  }
  const asks = { origin: env.PAGE_ORIGIN, "access-control-request-method": "POST" };
  const preflight = await app.request("/classify", { method: "OPTIONS", headers: asks }, env);
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), env.PAGE_ORIGIN);
  const headers = { ...asks, origin: "https://other.example.com" };
  const other = await app.request("/classify", { method: "OPTIONS", headers }, env);
  assert.equal(other.headers.get("access-control-allow-origin"), null);
});

test("the edge worker says what is wrong with an image", async () => {
  const app = await running();
  const answer = await app.request("/classify", post("GIF89a"), env);
  assert.deepEqual([answer.status, await answer.json()], [
    400,
    { error: { code: "BadImage", message: "The image is no PNG" } },
  ]);
  const long = post(new Uint8Array(1024 * 1024 + 1), { "content-length": `${1024 * 1024 + 1}` });
  assert.equal((await app.request("/classify", long, env)).status, 413);
});

test("the edge worker tells nothing of a service that fails", async () => {
  const error = console.error;
  const printed: unknown[] = [];
  console.error = (line: unknown) => void printed.push(line);
  const refused: Fetch = () => Promise.reject(new TypeError("connect ECONNREFUSED 10.0.0.1"));
  const app = makeWorker(refused);
  try {
    const png = await encodePng(1, 1, Uint8Array.of(0));
    for (
      const [path, init] of [["/classify", post(png)], ["/chat/v1/models", {
        headers: { authorization },
      }]] as const
    ) {
      const answer = await app.request(path, init, env);
      assert.deepEqual([answer.status, await answer.json()], [
        502,
        { error: { code: "BadGateway", message: "The service can't be reached" } },
      ]);
    }
  } finally {
    console.error = error;
  }
  assert.equal(printed.length, 2);
});

test("the edge worker is made without its variables", () => assert.equal(typeof worker.fetch, "function"));

test("decodePng() reads what an encoder writes, whatever the size, colours, filters and chunks", async () => {
  const images = fc.tuple(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 12 }),
    fc.constantFrom(0, 2, 4, 6),
  )
    .chain(([width, height, colorType]) => {
      const length = width * height * [1, 0, 3, 0, 2, 0, 4][colorType]!;
      const options = fc.record({
        colorType: fc.constant(colorType),
        pieces: fc.constantFrom(1, 7, Infinity),
        filters: fc.array(fc.constantFrom<PngFilter[]>(0, 1, 2, 3, 4), {
          minLength: height,
          maxLength: height,
        }),
      });
      return fc.tuple(
        fc.constant([width, height]),
        fc.uint8Array({ minLength: length, maxLength: length }),
        options,
      );
    });
  await fc.assert(
    fc.asyncProperty(images, async ([[width, height], raw, { filters, ...options }]) => {
      const file = await encodePng(width!, height!, raw, { ...options, filter: (row) => filters[row]! });
      const image = await decodePng(file);
      assert.deepEqual([image.width, image.height], [width, height]);
      const expected = Array.from({ length: width! * height! }, (_, pixel) => {
        const [r, g, b, a] = {
          0: (n: number) => [raw[n]!, raw[n]!, raw[n]!, 255],
          2: (n: number) => [...raw.subarray(3 * n, 3 * n + 3), 255],
          4: (n: number) => [raw[2 * n]!, raw[2 * n]!, raw[2 * n]!, raw[2 * n + 1]!],
          6: (n: number) => [...raw.subarray(4 * n, 4 * n + 4)],
        }[options.colorType as 0]!(pixel);
        return (0.299 * r! + 0.587 * g! + 0.114 * b!) * a! / 255;
      });
      expected.forEach((grey, pixel) => assert.ok(Math.abs(grey - image.pixels[pixel]!) < 0.51));
    }),
    { numRuns: 60 },
  );
});

test("decodePng() refuses what it can't read, and more pixels than it was told", async () => {
  const file = await encodePng(2, 2, Uint8Array.of(1, 2, 3, 4));
  const bad: [string, Uint8Array<ArrayBuffer>][] = [
    ["nothing", new Uint8Array()],
    ["text", utf8("a text that is long enough to be a PNG, but is none")],
    ["its beginning", file.slice(0, 60)],
    ["a palette", await encodePng(1, 1, Uint8Array.of(0), { colorType: 3 })],
    ["16 bits", await encodePng(1, 1, Uint8Array.of(0), { depth: 16 })],
    ["interlacing", await encodePng(1, 1, Uint8Array.of(0), { interlace: 1 })],
    ["an unknown filter", await encodePng(1, 1, Uint8Array.of(0), { filter: () => 5 as PngFilter })],
  ];
  for (const [name, bytes] of bad) await assert.rejects(decodePng(bytes), PngError, name);
  for (const [width, height] of [[1, 1], [3, 3], [0, 2], [2 ** 31, 2], [4_000_000, 1], [4001, 1000]]) {
    const lying = file.slice();
    new DataView(lying.buffer).setUint32(16, width!);
    new DataView(lying.buffer).setUint32(20, height!);
    await assert.rejects(decodePng(lying), PngError, `${width} × ${height}`);
  }
});

test("decodePng() fails as itself on any damage", async () => {
  const file = await encodePng(4, 4, Uint8Array.from({ length: 16 }, (_, i) => i), { filter: () => 4 });
  await fc.assert(
    fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const damaged = file.slice();
      damaged[at]! ^= change;
      await decodePng(damaged).catch((error) => assert.ok(error instanceof PngError, String(error)));
    }),
    { numRuns: 100 },
  );
});

test("shrink() takes means, and repeats pixels of small images", () => {
  const image = { width: 4, height: 2, pixels: Uint8Array.of(0, 255, 255, 255, 0, 255, 0, 0) };
  assert.deepEqual([...shrink(image, 2)], [0.5, 1, 0.5, 0]);
  assert.deepEqual([...shrink({ width: 1, height: 1, pixels: Uint8Array.of(255) }, 2)], [1, 1, 1, 1]);
});
