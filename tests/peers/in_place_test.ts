// Requests that were built in place: whoever reads them finds what was written into their arrays.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { allocate as allocateTorch } from "../../plugins/serializers/pytorch.ts";
import { allocate as allocateTf, type InPlaceDType } from "../../plugins/serializers/tensorflow.ts";
import { arrayDataTypes, encode as encodeTf, predictRequest as tfRequest } from "../../protos/tf-predict.ts";
import { encode as encodeTorch, predictRequest as torchRequest } from "../../protos/pytorch-predict.ts";
import { toHex } from "../support/hex.ts";
import { judges, seen, type SeenInputs, type Sent, shortest } from "./judges.ts";
import { skipPython } from "./python.ts";

/** An array before it is allocated, and how its elements are chosen. */
interface Plan {
  name: string;
  dtype: InPlaceDType;
  shape: number[];
  seed: number;
}

/** A request, and what must be found in it. */
interface Built extends Sent {
  expected: SeenInputs;
  /** The same arrays, written the usual way. */
  plain: Uint8Array<ArrayBuffer>;
}

/** An array of a request. */
type Elements = ArrayBufferView<ArrayBuffer> & ArrayLike<unknown> & { readonly BYTES_PER_ELEMENT: number };

/** Name on the wire of each element type that a processor takes, and the field of its elements. */
const wire: Record<InPlaceDType, [name: string, field: string]> = {
  float32: ["FLOAT", "float_val"],
  float64: ["DOUBLE", "double_val"],
  complex64: ["COMPLEX64", "float_val"],
  complex128: ["COMPLEX128", "double_val"],
  float16: ["HALF", "float_val"],
  bfloat16: ["BFLOAT16", "float_val"],
  bool: ["BOOL", "bool_val"],
  int8: ["INT8", "int_val"],
  int16: ["INT16", "int_val"],
  int32: ["INT32", "int_val"],
  uint8: ["UINT8", "int_val"],
  uint16: ["UINT16", "int_val"],
  int64: ["INT64", "int64_val"],
};
const ofTf = Object.keys(wire) as InPlaceDType[]; // what keys it has is known
const ofTorch: InPlaceDType[] = ["float32", "float64", "int8", "int16", "int32", "int64", "uint8"];

/** One to five arrays; now and then one whose length takes two or three bytes, or one without elements. */
function plans(dtypes: readonly InPlaceDType[]): fc.Arbitrary<Plan[]> {
  const long = fc.integer({ min: 1, max: 3000 }).map((length) => [length]);
  const shape = fc.oneof({ weight: 4, arbitrary: fc.array(fc.nat({ max: 6 }), { maxLength: 3 }) }, {
    weight: 1,
    arbitrary: long,
  });
  const name = fc.string({ unit: fc.constantFrom(..."abz09_/:中é"), minLength: 1, maxLength: 140 });
  const plan = fc.record({ name, dtype: fc.constantFrom(...dtypes), shape, seed: fc.nat() });
  return fc.uniqueArray(plan, { selector: ({ name }) => name, minLength: 1, maxLength: 5 });
}

/** Fills an array with any bits, but for NaN, which has many, and bools, which have two values. */
function fill(data: Elements, { dtype, seed }: Plan): void {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const isSmall = dtype.includes("int") && seed % 3 > 0; // or nearly all varints would be as long as they get
  let state = seed | 1;
  for (let i = 0; i < bytes.length; i++) {
    state = Math.imul(state, 1103515245) + 12345 | 0;
    if (dtype === "bool") bytes[i] = state >>> 30 & 1;
    else bytes[i] = isSmall && i % data.BYTES_PER_ELEMENT ? 0 : state >>> 24;
  }
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return;
  for (let i = 0; i < data.length; i++) if (Number.isNaN(data[i])) data[i] = NaN;
  const special = [NaN, -0, Infinity, -Infinity, Number.MIN_VALUE];
  if (seed % 2) data.set(special.slice(0, data.length));
}

/** What was written, read back from the arrays themselves. */
function array({ dtype, shape }: Plan, data: ArrayLike<unknown>): Parameters<typeof seen>[0] {
  const [name, field] = wire[dtype];
  return {
    dtype: arrayDataTypes.indexOf(name),
    array_shape: { dim: BigInt64Array.from(shape, BigInt) },
    [field]: data,
  };
}

function inTf(plans: readonly Plan[]): Built {
  const specs = plans.map(({ name, dtype, shape }) => [name, { dtype, shape }] as const);
  const request = allocateTf({ inputs: Object.fromEntries(specs), signatureName: "中", outputs: ["y"] });
  for (const plan of plans) fill(request.inputs[plan.name]!, plan);
  const arrays = plans.map((plan) => [plan.name, array(plan, request.inputs[plan.name]!)] as const);
  const plain = encodeTf(tfRequest, { signature_name: "中", inputs: new Map(arrays), output_filter: ["y"] });
  return { family: "tf", bytes: request.toBytes(), expected: expectedOf(arrays), plain };
}

function inTorch(plans: readonly Plan[], isNamed: boolean): Built {
  const specs = plans.map(({ name, dtype, shape }) => [name, { dtype, shape }] as const);
  const inputs = isNamed ? Object.fromEntries(specs) : specs.map(([, spec]) => spec);
  const request = allocateTorch({ inputs, outputs: [0, 3] });
  // A list is an object whose keys are positions.
  const held = request.inputs as Record<string, Elements>;
  const keys = plans.map(({ name }, i) => isNamed ? name : `${i}`);
  for (const [i, plan] of plans.entries()) fill(held[keys[i]!]!, plan);
  const arrays = plans.map((plan, i) => [keys[i]!, array(plan, held[keys[i]!]!)] as const);
  const written = isNamed ? { map_inputs: new Map(arrays) } : { inputs: arrays.map(([, one]) => one) };
  const plain = encodeTorch(torchRequest, { ...written, output_filter: [0, 3] });
  return { family: "torch", bytes: request.toBytes(), expected: expectedOf(arrays), plain };
}

function expectedOf(arrays: readonly (readonly [string, object])[]): SeenInputs {
  return Object.fromEntries(arrays.map(([name, array]) => [name, seen(array)]));
}

/** Each kind of request, with random arrays and one array of each element type. */
function samples(dtypes: readonly InPlaceDType[], build: (plans: readonly Plan[]) => Built): Built[] {
  const alone = dtypes.map((dtype, seed): Plan[] => [{ name: "x", dtype, shape: [2, 150], seed }]);
  return [...alone, ...fc.sample(plans(dtypes), 150)].map(build);
}

const kinds: [what: string, requests: Built[]][] = [
  ["TensorFlow", samples(ofTf, inTf)],
  ["PyTorch by position", samples(ofTorch, (plans) => inTorch(plans, false))],
  ["PyTorch by name", samples(ofTorch, (plans) => inTorch(plans, true))],
];

for (const [what, requests] of kinds) {
  for (const { name, skip, read } of judges) {
    test(`${name} reads what was built in place: ${what}`, { skip }, async () => {
      const found = await read(requests);
      requests.forEach(({ expected, bytes }, i) => assert.deepEqual(found[i], expected, toHex(bytes)));
    });
  }

  // Two processes a message, so it judges fewer of them: one of each element type, and some at random.
  test(`protoc reads what was built in place: ${what}`, { skip: skipPython }, async () => {
    for (const request of requests.slice(0, 25)) {
      const written = await shortest({ ...request, bytes: request.plain });
      assert.equal(toHex(await shortest(request)), toHex(written), toHex(request.bytes));
    }
  });
}
