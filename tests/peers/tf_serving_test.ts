// A TensorFlow processor whose SavedModel is loaded by TensorFlow itself, behind the REST API of TensorFlow Serving.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import heldOut from "../../examples/digits/held-out.json" with { type: "json" };
import { PredictionError } from "../../core/errors.ts";
import { Predictor } from "../../core/predictor.ts";
import type { Serializer } from "../../core/serializer.ts";
import { type DType, equals, type Tensor, tensor } from "../../core/tensors.ts";
import { tfServing } from "../../plugins/local-docker/processors/tf-serving/handler.ts";
import { listen } from "../../plugins/processors/listen.ts";
import { inspectSignatureDef, tensorflow } from "../../plugins/serializers/tensorflow.ts";
import { tensorsOf } from "../support/random_tensors.ts";
import { skipPython, startPython } from "./python.ts";

test("TensorFlow Serving, behind a processor's protocol", { skip: skipPython }, async (t) => {
  await using server = await startPython("tf_serving.py");
  const proxies: { close(): Promise<void> }[] = [];

  /** A predictor of one of its models, through the proxy. */
  async function model<I, O>(name: string, serializer: Serializer<I, O>): Promise<Predictor<I, O>> {
    const proxy = await listen(tfServing(name, (path, init) => fetch(`${server.url}/${path}`, init)));
    proxies.push(proxy);
    return new Predictor({ endpoint: proxy.url, serializer, retry: false });
  }

  await t.test("a network gives what it gave in training, for tensors and for what its signature shapes", async () => {
    const pixels = Float32Array.from(heldOut.images.flat(), (pixel) => pixel / 16);
    const digits = await model("digits", tensorflow({ outputs: ["dense_1"] }));
    for (const input of [{ flatten_input: tensor(pixels, [-1, 8, 8]) }, pixels, Array.from(pixels)]) {
      const made = (await digits.predict(input)).dense_1!, expected = heldOut.tensorflow.dense_1;
      assert.deepEqual(made.shape, [expected.length, 10]);
      expected.flat().forEach((value, i) => assert.ok(Math.abs(made.data[i]! - value) < 1e-6, `${i}`));
    }
    const { signatureName, inputs } = await inspectSignatureDef(digits);
    assert.equal(signatureName, "serving_default");
    assert.deepEqual(inputs, [{ name: "flatten_input", shape: [-1, 8, 8], type: "DT_FLOAT" }]);
  });

  const dtypes = ["bool", "int8", "uint8", "int16", "int32", "int64", "float32", "string"] as const;
  for (const dtype of dtypes) {
    await t.test(`${dtype} of any shape that JSON can tell is TensorFlow's own and comes back`, async () => {
      const echo = await model("echo", tensorflow<{ [name: string]: Tensor }>({ signatureName: dtype }));
      const told = tensorsOf(dtype).filter(({ shape }) => [-1, shape.length - 1].includes(shape.indexOf(0)));
      await fc.assert(
        fc.asyncProperty(told, async (given) => {
          const [made] = Object.values(await echo.predict({ x: given }));
          assert.ok(
            equals(made!, given),
            `${given.shape} ${given.data} came back as ${made!.shape} ${made!.data}`,
          );
        }),
        { numRuns: 20 },
      );
    });
  }

  await t.test("doubles come back, as exactly as its JSON is read", async () => {
    const echo = await model("echo", tensorflow<{ [name: string]: Tensor }>({ signatureName: "float64" }));
    const sent = Float64Array.of(0.1, -0, 2 ** 53 - 1, 1e300, 5e-324, NaN, Infinity, -Infinity);
    const { x } = await echo.predict({ x: tensor(sent) });
    assert.deepEqual([x!.dtype, x!.data], ["float64", sent]);
  });

  await t.test("whole floats beyond 2^24 are no integers to it", async () => {
    const echo = await model("echo", tensorflow({ signatureName: "float32" }));
    const sent = Float32Array.of(2 ** 24, 2 ** 31, -3e38, -0);
    assert.deepEqual((await echo.predict({ x: tensor(sent) })).x!.data, sent);
  });

  for (const dtype of ["float16", "uint16", "complex64"] as const) {
    await t.test(`${dtype} has no JSON there, and is refused with the reason`, async () => {
      const echo = await model("echo", tensorflow({ signatureName: dtype }));
      const given = tensor(dtype === "complex64" ? [[1, 2]] : [1, 2], undefined, dtype as DType);
      await assert.rejects(
        echo.predict({ x: given }),
        (error: Error) => error instanceof PredictionError && error.status === 400 && /JSON/.test(error.body),
      );
    });
  }

  await t.test("text that is none is refused, unless the output's name says that it is bytes", async () => {
    const text = await model("echo", tensorflow<{ text: Tensor<"string"> }>({ signatureName: "text" }));
    const { text: made } = await text.predict({ x: tensor(['字 "\\\n\u0001']) });
    assert.deepEqual(made.data, [new TextEncoder().encode('字 "\\\n\u0001')]);
    await assert.rejects(
      text.predict({ x: tensor([Uint8Array.of(255, 0)]) }),
      (error: Error) => error instanceof PredictionError && error.status === 400 && /_bytes/.test(error.body),
    );
  });

  type Rows = {
    y: Tensor<"float32">;
    big: Tensor<"int64">;
    positive: Tensor<"bool">;
    total: Tensor<"float32">;
    name: Tensor<"string">;
  };

  await t.test("several outputs have their types and shapes, scalars too", async () => {
    const rows = await model("rows", tensorflow<Rows>());
    const outputs = await rows.predict({ x: tensor([[1, -2, 3], [4, 5, 6.5]]), times: tensor(2n) });
    assert.deepEqual(outputs.y.toNested(), [[2, -4, 6], [8, 10, 13]]);
    assert.deepEqual(outputs.big.toNested(), [2n ** 53n + 2n, 2n ** 53n + 2n]);
    assert.deepEqual(outputs.positive.toNested(), [[true, false, true], [true, true, true]]);
    assert.deepEqual([outputs.total.shape, outputs.total.toNested()], [[], 17.5]);
    assert.deepEqual(outputs.name.shape, [2]);
  });

  await t.test("an output filter holds, and may name none that there is not", async () => {
    const one = await model("rows", tensorflow({ outputs: ["total"] }));
    const inputs = { x: tensor([[1, 2, 3]]), times: tensor(1n) };
    assert.deepEqual(Object.keys(await one.predict(inputs)), ["total"]);
    const none = await model("rows", tensorflow({ outputs: ["nothing"] }));
    await assert.rejects(none.predict(inputs), /no output .*nothing/);
  });

  await t.test("an empty batch gives outputs without rows", async () => {
    const inputs = { x: tensor([], [0, 3], "float32"), times: tensor(1n) };
    const rows = await model("rows", tensorflow<Rows>({ outputs: ["y", "big", "positive", "name"] }));
    const { y, big, positive, name } = await rows.predict(inputs);
    assert.deepEqual([y.shape, big.shape, positive.shape, name.shape], [[0, 3], [0], [0, 3], [0]]);
    const total = await model("rows", tensorflow({ outputs: ["total"] }));
    await assert.rejects(total.predict(inputs), /empty batch/);
  });

  const wrong: [what: string, inputs: { [name: string]: Tensor }, says: RegExp][] = [
    ["an input that there is not", { other: tensor([[1, 2, 3]]) }, /no input .*other.*; it has .*times/],
    ["an input too few", { x: tensor([[1, 2, 3]]) }, /times.* is missing/],
    ["another type", { x: tensor([[1n, 2n, 3n]]), times: tensor(1n) }, /DT_INT64, the model takes DT_FLOAT/],
  ];
  for (const [what, inputs, says] of wrong) {
    await t.test(`${what} is answered with 400 and the reason`, async () => {
      const rows = await model("rows", tensorflow());
      await assert.rejects(
        rows.predict(inputs),
        (error: Error) => error instanceof PredictionError && error.status === 400 && says.test(error.body),
      );
    });
  }

  await t.test("what the model can't compute is answered with 400 and its own reason", async () => {
    const digits = await model("digits", tensorflow());
    await assert.rejects(
      digits.predict({ flatten_input: tensor(new Float32Array(49), [1, 7, 7]) }),
      (error: Error) =>
        error instanceof PredictionError && error.status === 400 &&
        /the model failed:[^]*reshape/i.test(error.body),
    );
  });

  await t.test("another signature is refused with those that there are", async () => {
    const echo = await model("echo", tensorflow({ signatureName: "mine" }));
    await assert.rejects(echo.predict({ x: tensor([1]) }), /no signature .*mine.*; it has .*float32/);
  });

  await t.test("a model that is not there is the server's fault", async () => {
    const nothing = await model("nothing", tensorflow());
    await assert.rejects(
      nothing.predict({ x: tensor([1]) }),
      (error: Error) =>
        error instanceof PredictionError && error.status === 500 && /answered 404/.test(error.body),
    );
  });

  await Promise.all(proxies.map((proxy) => proxy.close()));
});
