// The program that serves TorchScript in a container, run by the PyTorch of the peers' environment.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import heldOut from "../../examples/digits/held-out.json" with { type: "json" };
import { PredictionError } from "../../core/errors.ts";
import { Predictor } from "../../core/predictor.ts";
import { equals, type Tensor, tensor } from "../../core/tensors.ts";
import { torchServer } from "../../plugins/local-docker/processors/torch-server.ts";
import { encode, predictRequest } from "../../protos/pytorch-predict.ts";
import { pytorch, type PyTorchInput, type PyTorchOutput } from "../../plugins/serializers/pytorch.ts";
import { tensorsOf } from "../support/random_tensors.ts";
import { python, runPython, skipPython } from "./python.ts";

/** Starts the program on a folder, as its container does. */
async function serve(folder: string): Promise<AsyncDisposable & { url: string }> {
  const script = `${folder}/server.py`;
  await Deno.writeTextFile(script, torchServer);
  const process = new Deno.Command(await python(), {
    args: ["-u", script, folder],
    env: { LISTENING_HOST: "127.0.0.1", LISTENING_PORT: "0", CUDA_VISIBLE_DEVICES: "" },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const stop = async (): Promise<void> => {
    process.kill("SIGTERM");
    await process.status;
  };
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  for (;;) {
    const { done, value = "" } = await lines.read();
    said += value;
    const port = /on port (\d+).*\n/.exec(said)?.[1];
    if (port) {
      await lines.cancel();
      return {
        url: `http://127.0.0.1:${port}`,
        [Symbol.asyncDispose]: stop,
      };
    }
    if (done) throw new Error(`Cannot start the server: it ended with ${(await process.status).code}`);
  }
}

test("a TorchScript model, served with nothing but PyTorch", { skip: skipPython }, async (t) => {
  const folder = await Deno.makeTempDir();
  await runPython(["torch_models.py", folder]);
  /** A predictor of a model that is served until the block ends. */
  async function model<Output extends PyTorchOutput>(
    name: string,
    outputs?: number[],
  ): Promise<AsyncDisposable & { predictor: Predictor<PyTorchInput, Output> }> {
    const server = await serve(`${folder}/${name}`);
    const serializer = pytorch<Output>({ outputs });
    const predictor = new Predictor({ endpoint: server.url, serializer, retry: false });
    return { predictor, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  }

  await t.test("a network with two outputs gives what it gave in training, and those that are asked for", async () => {
    const pixels = tensor(Float32Array.from(heldOut.images.flat(), (pixel) => pixel / 16), [-1, 8, 8]);
    await using served = await model<Tensor[]>("digits");
    const { predictor: digits } = served;
    const expected = [heldOut.pytorch["0"], heldOut.pytorch["1"]];
    const outputs = await digits.predict(pixels);
    assert.equal(outputs.length, 2);
    outputs.forEach((made, i) =>
      expected[i]!.flat().forEach((value, at) =>
        assert.ok(
          Math.abs(Number(made.data[at]) - value) <= 1e-6 * Math.max(1, Math.abs(value)),
          `${i} ${at}`,
        )
      )
    );
    const second = new Predictor({
      endpoint: digits.endpoint,
      serializer: pytorch({ outputs: [1] }),
      retry: false,
    });
    assert.ok(equals(await second.predict(pixels), outputs[1]!));
    const third = new Predictor({
      endpoint: digits.endpoint,
      serializer: pytorch({ outputs: [2] }),
      retry: false,
    });
    await assert.rejects(third.predict(pixels), /no output 2; it has 2/);
  });

  await t.test("two inputs keep their places, and too few are the caller's mistake", async () => {
    await using served = await model<Tensor[]>("sum");
    const { predictor: add } = served;
    const [sum, product] = await add.predict([tensor(Float32Array.of(1, 2)), tensor(Float32Array.of(3, 5))]);
    assert.deepEqual([sum!.toNested(), product!.toNested()], [[4, 7], [3, 10]]);
    await assert.rejects(
      add.predict([tensor([1])]),
      (error: Error) =>
        error instanceof PredictionError && error.status === 400 && /the model failed/.test(error.body),
    );
    await assert.rejects(add.predict([tensor([1]), null]), /the model failed/);
  });

  await t.test("tensors of any type and shape come back", async () => {
    await using served = await model<Tensor>("echo");
    const { predictor: echo } = served;
    for (const dtype of ["float32", "float64", "int8", "int16", "int32", "int64", "uint8"] as const) {
      await fc.assert(
        fc.asyncProperty(tensorsOf(dtype), async (given) => {
          const made = await echo.predict([given]);
          assert.ok(equals(made, given), `${dtype} ${given.shape} ${given.data} came back as ${made.data}`);
        }),
        { numRuns: 15 },
      );
    }
    const bodies: [body: Uint8Array<ArrayBuffer>, says: RegExp][] = [
      [Uint8Array.of(10, 200), /in the middle of a field/],
      [Uint8Array.of(10, 2, 8), /in the middle of a field/],
      [
        encode(predictRequest, { inputs: [{ dtype: 7, array_shape: { dim: [1] }, string_val: ["a"] }] }),
        /type 7/,
      ],
      [
        encode(predictRequest, {
          inputs: [{ dtype: 1, array_shape: { dim: [3] }, float_val: Float32Array.of(1) }],
        }),
        /1 elements.*\[3\]/,
      ],
      [
        encode(predictRequest, { inputs: [{ dtype: 4, array_shape: { dim: [1] }, int_val: [256] }] }),
        /input 0/,
      ],
    ];
    for (const [body, says] of bodies) {
      const answer = await fetch(echo.endpoint, { method: "POST", body });
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), says);
    }
    const answer = await fetch(echo.endpoint);
    assert.equal(answer.status, 405);
    await answer.text();
  });

  await t.test("inputs by name come back by name", async () => {
    await using served = await model<{ [name: string]: Tensor }>("named");
    const { predictor: named } = served;
    const given = { user: tensor([[1, 2]]), 物品: tensor([3n]) };
    const made = await named.predict(given);
    assert.deepEqual(Object.keys(made).sort(), ["user", "物品"]);
    for (const name of ["user", "物品"] as const) assert.ok(equals(made[name]!, given[name]));
  });

  await t.test("half precision is given as what it is, and truth values are refused", async () => {
    await using served = await model<Tensor[]>("types", [0, 1]);
    const { predictor: types } = served;
    const made = await types.predict(tensor([1.5, -2]));
    assert.deepEqual(made.map(({ dtype }) => dtype), ["float16", "bfloat16"]);
    assert.deepEqual(made.map((one) => one.toNested()), [[1.5, -2], [1.5, -2]]);
    const all = new Predictor({ endpoint: types.endpoint, serializer: pytorch(), retry: false });
    await assert.rejects(all.predict(tensor([1.5])), /output 2 is torch.bool/);
  });

  await Deno.remove(folder, { recursive: true });
});
