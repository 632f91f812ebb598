// NumPy and the SDK on the same files: each must read what the other wrote, element by element.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { type DType, dtypes, type Tensor, tensor, type TensorDataOf } from "../../core/tensors.ts";
import { decodeNpy, encodeNpy } from "../../plugins/serializers/npy.ts";
import { npz } from "../../plugins/serializers/npz.ts";
import { concat, fromBase64, numpyCodes } from "../support/npy.ts";
import { type PythonServer, skipPython, startPython } from "./python.ts";

const skip = { skip: skipPython };
const server: Promise<PythonServer> | undefined = skipPython ? undefined : startPython("numpy_npy.py");
after(async () => await (await server)?.stop());

/** An array as the script tells it. */
interface NumpyArray {
  dtype: string;
  shape: readonly number[];
  base64: string;
  fortran: boolean;
  version: number[];
}

async function post(path: string, body: Uint8Array<ArrayBuffer> | object): Promise<Response> {
  const { url } = await server!; // the tests are skipped without one
  const sent = body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await fetch(url + path, { method: "POST", body: sent });
  assert.ok(response.ok, response.ok ? "" : await response.text());
  return response;
}

const json = async <T>(response: Promise<Response>): Promise<T> => await (await response).json();
const bytes = async (response: Promise<Response>): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await (await response).arrayBuffer());

/** Elements as NumPy keeps them. */
function memory({ dtype, data }: Tensor): [code: string, bytes: Uint8Array] {
  if ("buffer" in data) {
    return [numpyCodes[dtype]!, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]; // numbers have a code
  }
  const isText = data.every((item) => typeof item === "string");
  const items = data.map((item) => {
    const units = isText
      ? [...item as string].map((letter) => letter.codePointAt(0)!)
      : [...item as Uint8Array];
    return isText ? new Uint8Array(Uint32Array.from(units).buffer) : Uint8Array.from(units);
  });
  const unit = isText ? 4 : 1;
  const width = Math.max(unit, ...items.map(({ length }) => length));
  const padded = items.map((item) => concat(item, new Uint8Array(width - item.length)));
  return [`${isText ? "U" : "S"}${width / unit}`, concat(...padded)];
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** What NumPy must say of a file with this tensor. */
function told(tensor: Tensor): NumpyArray {
  const [code, elements] = memory(tensor);
  const order = /^[a-zA-Z]1$|^S/.test(code) && code[0] !== "U" ? "|" : "<";
  return {
    dtype: order + code,
    shape: tensor.shape,
    base64: base64(elements),
    fortran: false,
    version: [1, 0],
  };
}

function same(actual: Tensor, expected: Tensor): void {
  const plain = (
    tensor: Tensor,
  ): unknown => [tensor.dtype, tensor.shape, "buffer" in tensor.data ? memory(tensor) : tensor.data];
  assert.deepEqual(plain(actual), plain(expected));
}

const shape = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });
const numbers: fc.Arbitrary<Tensor> = fc.tuple(fc.constantFrom(...Object.keys(numpyCodes) as DType[]), shape)
  .chain(
    ([dtype, shape]) => {
      const { array, slots } = dtypes[dtype];
      const length = shape.reduce((product, length) => product * length, slots) * array!.BYTES_PER_ELEMENT;
      const byte = fc.nat(dtype === "bool" ? 1 : 255);
      return fc.array(byte, { minLength: length, maxLength: length }).map((list) =>
        tensor(new array!(Uint8Array.from(list).buffer) as TensorDataOf[DType], shape, dtype)
      );
    },
  );
const strings: fc.Arbitrary<Tensor> = fc.oneof(
  fc.array(fc.string({ unit: "grapheme", maxLength: 4 }).filter((text) => !text.endsWith("\0")), {
    minLength: 1,
  }),
  fc.array(fc.uint8Array({ maxLength: 4 }).filter((item) => item.at(-1) !== 0), { minLength: 1 }),
).map((list) => tensor(list, [-1, 1], "string"));
const anyTensor = fc.oneof({ arbitrary: numbers, weight: 4 }, strings);

test("NumPy reads the .npy files that encodeNpy() writes, and writes the same bytes", skip, async () => {
  await fc.assert(
    fc.asyncProperty(anyTensor, async (given) => {
      const file = encodeNpy(given);
      assert.deepEqual(await json(post("/load", file)), told(given));
      const { dtype, shape, base64 } = told(given);
      assert.deepEqual(await bytes(post("/save", { dtype, shape, base64 })), file);
    }),
    { numRuns: 300 },
  );
});

test("decodeNpy() reads the .npy files that NumPy writes, in any order and version", skip, async () => {
  const options = fc.record({
    fortran: fc.boolean(),
    big_endian: fc.boolean(),
    version: fc.constantFrom(null, [1, 0], [2, 0], [3, 0]),
  });
  await fc.assert(
    fc.asyncProperty(anyTensor, options, async (given, options) => {
      const { dtype, shape, base64 } = told(given);
      same(decodeNpy(await bytes(post("/save", { dtype, shape, base64, ...options }))), given);
    }),
    { numRuns: 500 },
  );
});

const name = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).filter((name) => !name.includes("\0")),
  fc.constantFrom("__proto__", "constructor", "x.y", "a/b", "0"),
).filter((name) => !name.endsWith(".npy") && name !== "file");
const archives = fc.uniqueArray(name, { maxLength: 4 }).chain((names) =>
  fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), anyTensor)))
);

test("NumPy reads the .npz archives that npz() writes", skip, async () => {
  await fc.assert(
    fc.asyncProperty(archives, fc.constantFrom(0, 1, 6, 9), async (arrays, level) => {
      const archive = npz({ level }).serialize(new Map(arrays))!;
      const answer = await json<{ arrays: object; compressed: object }>(post("/npz/load", archive));
      assert.deepEqual(answer.arrays, Object.fromEntries(arrays.map(([name, array]) => [name, told(array)])));
      assert.ok(Object.values(answer.compressed).every((compressed) => compressed === level > 0));
    }),
  );
});

test("npz() reads the .npz archives that NumPy writes", skip, async () => {
  await fc.assert(
    fc.asyncProperty(archives, fc.boolean(), async (arrays, compressed) => {
      const sent = Object.fromEntries(arrays.map(([name, array]) => [name, told(array)]));
      const actual = npz().deserialize(await bytes(post("/npz/save", { arrays: sent, compressed })));
      assert.deepEqual(Object.keys(actual).sort(), Object.keys(sent).sort());
      for (const [name, array] of arrays) same(actual[name]!, array);
    }),
  );
});

test("NumPy reads a large array, and decodeNpy() its answer", skip, async () => {
  const given = tensor(Float32Array.from({ length: 500_000 }, (_, i) => Math.sin(i)), [500, 1000]);
  const answer = await json<NumpyArray>(post("/load", encodeNpy(given)));
  assert.deepEqual(fromBase64(answer.base64), memory(given)[1]);
  const { dtype, shape, base64 } = answer;
  same(
    decodeNpy(await bytes(post("/save", { dtype, shape, base64, fortran: true, big_endian: true }))),
    given,
  );
});
