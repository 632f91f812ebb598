import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, text } from "../../core/bytes.ts";
import { type Fetch, json, Predictor, type Serializer } from "../../core/predictor.ts";
import { tensor } from "../../core/tensors.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { tensorflow } from "../../plugins/serializers/tensorflow.ts";
import {
  compressed,
  type CompressionOptions,
  type Compressor,
  deflate,
  gzip,
} from "../../plugins/predict/compression.ts";
import { api } from "../support/signed_calls.ts";

/** Undoes it with the runtime's own code. */
async function inflated(format: CompressionFormat, body: BodyInit | null | undefined): Promise<Uint8Array> {
  const stream = new Response(body).body!.pipeThrough(new DecompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const formats: [name: CompressionFormat, make: (options?: CompressionOptions) => Compressor][] = [
  ["gzip", gzip],
  ["deflate", deflate],
];
const repeated = new TextEncoder().encode("中文 abc ".repeat(10_000));

for (const [format, make] of formats) {
  test(`${format}() is what runtimes read, at every level`, async () => {
    const random = crypto.getRandomValues(new Uint8Array(50_000));
    for (const level of [undefined, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const) {
      const compressor = make(level === undefined ? undefined : { level });
      for (const body of [repeated, random, Uint8Array.of(7)]) {
        const sent = compressor.compress(body);
        assert.deepEqual(await inflated(format, sent), body);
        if (body === repeated && level !== 0) assert.ok(sent.length < body.length / 20);
      }
    }
  });

  test(`${format}() gives the same bytes for the same body`, () => {
    assert.deepEqual(make().compress(repeated), make().compress(repeated.slice()));
  });

  test(`${format}() reads a part of a buffer, and leaves it alone`, async () => {
    const whole = Uint8Array.of(9, 1, 2, 3, 9);
    assert.deepEqual(await inflated(format, make().compress(whole.subarray(1, 4))), Uint8Array.of(1, 2, 3));
    assert.deepEqual(whole, Uint8Array.of(9, 1, 2, 3, 9));
  });

  test(`${format}() refuses a level that does not exist`, () => {
    for (const level of [-1, 10, 1.5, NaN]) {
      assert.throws(() => make({ level: level as 1 }), {
        name: "RangeError",
        message: `Cannot compress: "level" is ${level}; give an integer from 0 to 9`,
      });
    }
  });
}

test("deflate() has the header of zlib, which is not raw deflate", () => {
  assert.equal(deflate().compress(repeated)[0], 0x78);
});

test("compressed() sends no header of its own, and authorizes what is sent", async () => {
  let authorized: unknown, sent: RequestInit = {};
  const predictor = new Predictor({
    endpoint: "http://h/api/predict/iris",
    auth: ({ body }) => {
      authorized = body;
    },
    serializer: compressed(json(), gzip()),
    fetch: (_, init) => {
      sent = init;
      return Response.json([1]);
    },
  });
  assert.deepEqual(await predictor.predict({ a: [1, 2] }), [1]);
  const headers = new Headers(sent.headers);
  assert.equal(headers.get("content-encoding"), null);
  assert.equal(headers.get("content-type"), "application/json");
  assert.equal(authorized, sent.body);
  assert.equal(new TextDecoder().decode(await inflated("gzip", sent.body)), '{"a":[1,2]}');
});

test("compressed() leaves an empty body empty, and answers as they are", () => {
  const serializer = compressed(text(), gzip());
  assert.equal(serializer.serialize("")?.length, 0);
  assert.equal(serializer.deserialize(new TextEncoder().encode("plain")), "plain");
});

test("compressed() takes a compressor of the caller's own", () => {
  const reversed: Compressor = { decompressor: "zstd", compress: (body) => body.slice().reverse() };
  assert.deepEqual(compressed(bytes(), reversed).serialize(Uint8Array.of(1, 2, 3)), Uint8Array.of(3, 2, 1));
});

test("compressed() matches services that have the decompressor and that its serializer matches", () => {
  const config = (processor: string, decompressor?: string) => ({
    processor,
    metadata: { rpc: { decompressor } },
  });
  const rows: [matches: boolean, serializer: Serializer<never>, config: object][] = [
    [true, compressed(tensorflow(), gzip()), config("tensorflow_cpu_1.15", "gzip")],
    [false, compressed(tensorflow(), gzip()), config("tensorflow_cpu_1.15", "zlib")],
    [false, compressed(tensorflow(), gzip()), config("tensorflow_cpu_1.15")],
    [false, compressed(tensorflow(), gzip()), config("pmml", "gzip")],
    [true, compressed(tensorflow(), deflate()), config("tensorflow_cpu_1.15", "zlib")],
    [true, compressed(json(), gzip()), config("pmml", "gzip")],
    [false, compressed(json(), gzip()), {}],
  ];
  for (const [matches, serializer, of] of rows) assert.equal(serializer.matches!(of), matches);
});

test("compressed() learns the signature as its serializer does, and compresses then, too", async () => {
  const known: Serializer<string, string> = text();
  const learning: Serializer<string, string> = {
    ...text(),
    serialize: () => undefined,
    prepare: () => Promise.resolve(known),
  };
  let sent: BodyInit | null | undefined;
  const predictor = new Predictor({
    endpoint: "http://h/api/predict/iris",
    serializer: compressed(learning, deflate()),
    fetch: (_, { body }) => {
      sent = body;
      return new Response("answer");
    },
  });
  assert.equal(await predictor.predict("question"), "answer");
  assert.equal(new TextDecoder().decode(await inflated("deflate", sent)), "question");
  assert.equal(compressed(text(), gzip()).prepare, undefined);
});

test("a service of the emulator reads compressed tensors, and refuses them when they are not", async () => {
  const cloud = emulator({
    delays: { create: 0, start: 0, gateway: 0 },
    handlers: { echo: (request) => new Response(request.body) },
  });
  const body = { name: "echo", token: "token", metadata: { rpc: { decompressor: "gzip" } } };
  await api(cloud, "CreateService", "POST /api/v2/services", { body });
  const plain = tensorflow();
  const input = { x: tensor(new Float32Array(10_000), [100, 100]) };
  const echo: Serializer<typeof input, Uint8Array<ArrayBuffer>> = {
    contentType: plain.contentType,
    serialize: (tensors) => plain.serialize(tensors),
    deserialize: (answer) => answer,
  };
  let length = 0;
  const fetch: Fetch = (url, init) => {
    length = (init.body as Uint8Array).length; // which is what serializers write
    return cloud.fetch(url, init);
  };
  const endpoint = "http://1000000000000001.vpc.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/echo";
  const predictor = new Predictor({
    ...{ endpoint, token: "token", fetch },
    serializer: compressed(echo, gzip()),
  });
  assert.deepEqual(await predictor.predict(input), plain.serialize(input));
  assert.ok(length < 1_000, `${length} bytes`);
  await assert.rejects(new Predictor({ endpoint, token: "token", serializer: echo, fetch }).predict(input), {
    status: 400,
    body: "the body is not compressed with gzip, as metadata.rpc.decompressor says",
  });
});
