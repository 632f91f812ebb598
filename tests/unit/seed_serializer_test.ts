import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../../core/client.ts";
import { PredictionError } from "../../core/errors.ts";
import type { Serializer } from "../../core/serializer.ts";
import { type Tensor, tensor, type TensorInput } from "../../core/tensors.ts";
import { eas, InferenceSpec, Model } from "../../plugins/deploy/mod.ts";
import { type Emulator, emulator, type Handler } from "../../plugins/emulator/mod.ts";
import { decodeNpy, encodeNpy, npy } from "../../plugins/serializers/npy.ts";
import { fakeClock } from "../support/fake_clock.ts";

// The customer's guide to serializers: one of the user's own, NumpySerializer, in front of a service that takes and
// gives .npy. What is a data frame there is columns by their names here.

/** Columns of a table. */
interface Frame {
  columns: Record<string, number[]>;
}

const isFrame = (data: unknown): data is Frame =>
  typeof data === "object" && data !== null && "columns" in data;

const numpySerializer: Serializer<TensorInput | Frame | string, Tensor> = {
  contentType: "application/octet-stream",
  serialize(data) {
    if (data instanceof Uint8Array) return new Uint8Array(data); // written already
    if (typeof data === "string") return new TextEncoder().encode(data);
    if (isFrame(data)) {
      const columns = Object.values(data.columns);
      return encodeNpy(columns[0]!.map((_, row) => columns.map((column) => column[row]!))); // columns of one length
    }
    return encodeNpy(data);
  },
  deserialize: (body) => decodeNpy(body),
};

/** The service: the sum of each row. */
const sums: Handler = async (request) => {
  const rows = decodeNpy(new Uint8Array(await request.arrayBuffer()));
  if (rows.dtype !== "float32" || rows.shape.length !== 2) {
    return new Response("float32 rows only", { status: 400 });
  }
  const data = rows.data as Float32Array; // by its dtype
  const [count, width] = rows.shape as [number, number];
  const results = Float32Array.from(
    { length: count },
    (_, i) => data.subarray(i * width, (i + 1) * width).reduce((a, b) => a + b, 0),
  );
  return new Response(encodeNpy(tensor(results, [count, 1])), {
    headers: { "content-type": request.headers.get("content-type")! },
  });
};

function deploy<Input, Output>(cloud: Emulator, serializer: Serializer<Input, Output>) {
  const model = new Model({
    inferenceSpec: new InferenceSpec({ processor: "pytorch_cpu_1.10" }),
    modelData: "oss://my-bucket/path-to-torch_script-model/",
  });
  return model.deploy(eas(createClient({ ...cloud })), {
    serviceName: "sums",
    instanceType: "ecs.c6.xlarge",
    serializer,
  });
}

const cloudOf = (handler: Handler): Emulator =>
  emulator({ buckets: ["my-bucket"], clock: fakeClock(), handlers: { sums: handler } });

test("the customer's NumpySerializer, an object of the user's own, writes inputs and reads answers", async () => {
  const predictor = (await deploy(cloudOf(sums), numpySerializer)).predictor();
  const input = tensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
  for (
    const data of [
      input,
      [[1, 2, 3], [4, 5, 6]],
      { columns: { a: [1, 4], b: [2, 5], c: [3, 6] } },
      encodeNpy(input),
    ]
  ) {
    const result = await predictor.predict(data);
    assert.equal(result.dtype, "float32");
    assert.deepEqual(result.toNested(), [[6], [15]]);
  }
  await assert.rejects(predictor.predict("text"), PredictionError);
});

test("npy() is the same serializer, ready-made", async () => {
  const service = await deploy(cloudOf(sums), npy());
  const result = await service.predictor().predict([[1, 2], [3, 4]]);
  assert.deepEqual(result.toNested(), [[3], [7]]);
  const response = await service.predictor().rawPredict(encodeNpy([[1, 2]]));
  assert.deepEqual(decodeNpy(new Uint8Array(await response.arrayBuffer())).toNested(), [[3]]);
  await assert.rejects(
    service.predictor().predict(tensor(Float64Array.of(1), [1, 1])),
    (error) =>
      error instanceof PredictionError && error.status === 400 && /float32 rows only/.test(error.message),
  );
});

test("an answer that is no .npy file fails with what it is", async () => {
  const html: Handler = () => new Response("<html>busy</html>", { headers: { "content-type": "text/html" } });
  const predictor = (await deploy(cloudOf(html), npy())).predictor();
  await assert.rejects(
    predictor.predict([1]),
    (error) =>
      error instanceof PredictionError && /can't read text\/html/.test(error.message) &&
      error.cause instanceof SyntaxError &&
      error.cause.message === 'Cannot read .npy: byte 0 begins "<html>bu"',
  );
});
