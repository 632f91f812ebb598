import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BadRequest } from "../../plugins/processors/tensor-handler.ts";
import { PredictionError } from "../../core/errors.ts";
import { Predictor } from "../../core/predictor.ts";
import { equals, type Tensor, tensor } from "../../core/tensors.ts";
import { tfServing } from "../../plugins/local-docker/processors/tf-serving/handler.ts";
import { JsonReader } from "../../plugins/local-docker/processors/tf-serving/json-reader.ts";
import { readResponse } from "../../plugins/local-docker/processors/tf-serving/read-response.ts";
import { readSignatures } from "../../plugins/local-docker/processors/tf-serving/signatures.ts";
import { isTold, writeRequest } from "../../plugins/local-docker/processors/tf-serving/write-request.ts";
import { tensorflow } from "../../plugins/serializers/tensorflow.ts";
import { tensorsOf } from "../support/random_tensors.ts";

const types = {
  bool: "DT_BOOL",
  int8: "DT_INT8",
  uint8: "DT_UINT8",
  int16: "DT_INT16",
  int32: "DT_INT32",
  int64: "DT_INT64",
  float16: "DT_HALF",
  bfloat16: "DT_BFLOAT16",
  float32: "DT_FLOAT",
  float64: "DT_DOUBLE",
  string: "DT_STRING",
} as const;

/** What a request says of its one input, as an answer with one output has it. */
function echoed(request: string): string {
  const start = '{"signature_name":"s","inputs":{"x":';
  assert.ok(request.startsWith(start) && request.endsWith("}}"), request);
  return ` { "outputs" :\n${request.slice(start.length, -2)} , "more": [1, {"a": "}"}, null] }`;
}

for (const [dtype, type] of Object.entries(types) as [keyof typeof types, string][]) {
  test(`a tensor of ${dtype} is read as it was written, when JSON can tell its shape`, () => {
    fc.assert(fc.property(tensorsOf(dtype), (given) => {
      fc.pre(isTold(given.shape));
      const answer = echoed(writeRequest("s", new Map([["x", given]])));
      const spec = { name: "y", type, shape: undefined };
      const made = readResponse(answer, [spec], new Set(["y"])).get("y")!;
      assert.ok(equals(made, given), `${given.shape} ${given.data} became ${made.shape} ${made.data}`);
    }));
  });
}

test("every other reader of JSON agrees on what has no infinities and no long integers", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const read = (reader: JsonReader): unknown => {
      const first = reader.next();
      if (first === "[") {
        const items: unknown[] = [];
        reader.list(() => items.push(read(reader)));
        return items;
      }
      if (first === "{") {
        const members: [string, unknown][] = [];
        reader.object((name) => members.push([name, read(reader)]));
        return Object.fromEntries(members);
      }
      return first === '"' ? reader.string() : JSON.parse(reader.word());
    };
    const text = JSON.stringify(value, undefined, 1);
    assert.deepEqual(read(new JsonReader(text)), JSON.parse(text));
    const reader = new JsonReader(text);
    reader.skip();
    assert.equal(reader.next(), "");
  }));
});

const y = { name: "y", type: "DT_FLOAT", shape: [-1, 2] };
const broken: [text: string, says: RegExp][] = [
  ["", /"\{" is missing at 0/],
  ['{"outputs": [[1, 2], [3]]}', /many lengths/],
  ['{"outputs": [[1, 2], 3]}', /many depths/],
  ['{"outputs": [[1, 2', /"\]" is missing/],
  ['{"outputs": [[1, x]]}', /"x" is no number/],
  ['{"outputs": [[1, ]]}', /a value is missing/],
  ['{"outputs', /no end/],
  ['{"error": "none"}', /no output "y"/],
];
for (const [text, says] of broken) {
  test(`an answer that is broken is refused: ${JSON.stringify(text)}`, () => {
    assert.throws(() => readResponse(text, [y], new Set(["y"])), says);
  });
}

test("floats are written so that they are no integers to a strict reader", () => {
  const sent = tensor(Float32Array.of(20_000_000, -0, 1.5, NaN, -Infinity, 1e30));
  const text = writeRequest("s", new Map([["x", sent]]));
  assert.match(text, /\[20000000\.0,-0\.0,1\.5,NaN,-Infinity,1\.0000000150474662e\+30\]/);
});

test("names and signatures are escaped", () => {
  const text = writeRequest('a"b', new Map([['"}\n', tensor([1n])]]));
  assert.deepEqual(JSON.parse(text), { signature_name: 'a"b', inputs: { '"}\n': [1] } });
});

test("what has no JSON there is refused", () => {
  const wrong: Tensor[] = [tensor([[1, 2]], undefined, "complex64"), tensor([], [0, 3], "float32")];
  for (const given of wrong) {
    assert.throws(() => writeRequest("s", new Map([["x", given]])), BadRequest);
  }
});

/** The metadata of signatures; each tensor is float32 of the shape. */
function metadata(signatures: Record<string, { inputs: Shapes; outputs: Shapes }>): unknown {
  const infos = (shapes: Shapes): unknown =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, {
        dtype: "DT_FLOAT",
        tensor_shape: shape
          ? { dim: shape.map((size) => ({ size: String(size) })) }
          : { unknown_rank: true, dim: [] },
      }]),
    );
  const definitions = Object.entries(signatures)
    .map(([name, { inputs, outputs }]) => [name, { inputs: infos(inputs), outputs: infos(outputs) }]);
  return { metadata: { signature_def: { signature_def: Object.fromEntries(definitions) } } };
}

type Shapes = Record<string, readonly number[] | undefined>;

test("signatures are read: the usual one, shapes that are unknown, and none for what only initializes", () => {
  const inputs = { x: [-1, 2] }, outputs = { y: undefined };
  const init = { inputs: {}, outputs: {} };
  const { byName, usual } = readSignatures(
    metadata({
      __saved_model_init_op: init,
      train: { inputs, outputs },
      serving_default: { inputs, outputs },
    }),
  );
  assert.deepEqual([...byName.keys()], ["train", "serving_default"]);
  assert.equal(usual.signatureName, "serving_default");
  assert.deepEqual([usual.inputs[0]!.shape, usual.outputs[0]!.shape], [[-1, 2], undefined]);
  assert.equal(readSignatures(metadata({ mine: { inputs, outputs } })).usual.signatureName, "mine");
  for (const none of [{}, null, [], metadata({}), metadata({ __saved_model_init_op: init })]) {
    assert.throws(() => readSignatures(none), /no signature/);
  }
});

test("the signature is asked for once, and again after a failure; outputs come under their names", async () => {
  const asked: string[] = [];
  let isUp = false;
  const handler = tfServing("m", async (path, { method = "GET" } = {}) => {
    await Promise.resolve();
    asked.push(`${method} ${path}`);
    if (!isUp) return Response.json({ error: "loading" }, { status: 503 });
    if (path.endsWith("/metadata")) {
      return Response.json(
        metadata({ serving_default: { inputs: { x: [-1] }, outputs: { y: [-1], z: [] } } }),
      );
    }
    return new Response('{"outputs": {"z": 1.5, "y": [NaN], "other": {"b64": "AA=="}}}');
  });
  const predictor = new Predictor({
    endpoint: "http://localhost",
    serializer: tensorflow(),
    retry: false,
    fetch: async (url, init) => {
      try {
        return await handler(new Request(url, init));
      } catch (error) {
        return new Response(`the service failed: ${error instanceof Error ? error.message : error}`, {
          status: 500,
        });
      }
    },
  });
  await assert.rejects(
    predictor.predict({ x: tensor([1]) }),
    (error: Error) =>
      error instanceof PredictionError && error.status === 500 && /answered 503: loading/.test(error.body),
  );
  isUp = true;
  for (let i = 0; i < 2; i++) {
    const outputs = await predictor.predict({ x: tensor([1]) });
    assert.deepEqual(Object.keys(outputs).sort(), ["y", "z"]);
    assert.deepEqual([outputs.z!.shape, outputs.z!.data[0], outputs.y!.data[0]], [[], 1.5, NaN]);
  }
  assert.deepEqual(asked, [
    "GET v1/models/m/metadata",
    "GET v1/models/m/metadata",
    "POST v1/models/m:predict",
    "POST v1/models/m:predict",
  ]);
});
