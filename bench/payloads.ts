/**
 * What the contests of codecs write and read: tensors of the sizes and kinds that services get. Values are
 * pseudo-random and the same in each run, so that all runtimes and languages see the same bytes.
 *
 * @module
 */
import type { ArrayProto, PredictRequest, PredictResponse } from "../protos/tf-predict.ts";
import type {
  PredictRequest as TorchRequest,
  PredictResponse as TorchResponse,
} from "../protos/pytorch-predict.ts";

/** Where an array of each kind keeps its elements, and what they are handed over in. */
export type Elements =
  | { field: "float_val"; dtype: 1; data: Float32Array<ArrayBuffer> }
  | { field: "double_val"; dtype: 2; data: Float64Array<ArrayBuffer> }
  | { field: "int_val"; dtype: 3 | 4; data: Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer> }
  | { field: "string_val"; dtype: 7; data: readonly string[] }
  | { field: "int64_val"; dtype: 9; data: BigInt64Array<ArrayBuffer> }
  | { field: "bool_val"; dtype: 10; data: Uint8Array<ArrayBuffer> };

/** A tensor as a user has it: every codec begins with these, and makes its own message of them. */
export type Source = Elements & { name: string; shape: readonly number[] };

/** What every payload has. */
interface Common {
  /** Name of the payload, for tables of goals and for `--payload`. */
  id: PayloadId;
  /** What tables say. */
  title: string;
  /** Its tensors. */
  sources: readonly Source[];
}

/** Tensors, and the messages that our codec writes of them: as inputs, and the same as outputs. */
export type Payload =
  & Common
  & (
    | { family: "tf"; request: PredictRequest; response: PredictResponse }
    | { family: "torch"; request: TorchRequest; response: TorchResponse }
  );

/** Name of a payload. */
export type PayloadId = keyof typeof recipes;

/** The signature that TensorFlow requests name. */
export const signatureName = "serving_default";

/** The payload of this name, made anew. */
export function payload(id: PayloadId): Payload {
  const { title, family, sources: make } = recipes[id], sources = make();
  const arrays = new Map(sources.map((source) => [source.name, arrayOf(source)]));
  const common = { id, title, sources };
  return family === "torch"
    ? { ...common, family, request: { map_inputs: arrays }, response: { map_outputs: arrays } }
    : {
      ...common,
      family,
      request: { signature_name: signatureName, inputs: arrays },
      response: { outputs: arrays },
    };
}

/** The array that our codec writes of a tensor. */
export function arrayOf({ dtype, shape, field, data }: Source): ArrayProto {
  return { dtype, array_shape: { dim: shape }, [field]: data };
}

interface Recipe {
  title: string;
  family: "tf" | "torch";
  sources: () => Source[];
}

const recipes = {
  f32_600K: tf("float32 [1,3,224,224], 602 KB", () => [floats("images", [1, 3, 224, 224])]),
  f32_38M: tf("float32 [64,3,224,224], 38.5 MB", () => [floats("images", [64, 3, 224, 224])]),
  f64_1M: tf("float64 [131072], 1.05 MB", () => [doubles("signal", [131_072])]),
  small: tf("three inputs, float32 [1,10]", () => ["a", "b", "c"].map((name) => floats(name, [1, 10]))),
  i64_tokens: tf("int64 [128,512], token ids below 50,000", () => [tokens("input_ids", [128, 512], 50_000)]),
  u8_image: tf("pixels [1,224,224,3] from a Uint8Array", () => [pixels(4, Uint8Array)]),
  i32_image: tf("pixels [1,224,224,3] from an Int32Array", () => [pixels(3, Int32Array)]),
  strings: tf("1,000 texts of 5 to 40 characters", () => [texts("text", 1000)]),
  bool_100K: tf("100,000 bools", () => [bools("mask", 100_000)]),
  map200: torch(
    "200 named features, float32 [1,4] and int64 [1,1]",
    () =>
      Array.from(
        { length: 200 },
        (_, i) => i % 2 ? tokens(`feature_${i}`, [1, 1], 1_000_000) : floats(`feature_${i}`, [1, 4]),
      ),
  ),
} satisfies Record<string, Recipe>;

/** Names of all payloads. */
export const payloadIds = Object.keys(recipes) as PayloadId[]; // what keys it has is known

function tf(title: string, sources: () => Source[]): Recipe {
  return { title, family: "tf", sources };
}

function torch(title: string, sources: () => Source[]): Recipe {
  return { title, family: "torch", sources };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/** Numbers from 0 up to a limit, by a xorshift generator that begins anew for each tensor of another name. */
function random(seed: string): (limit: number) => number {
  let state = 2463534242;
  for (const character of seed) state = Math.imul(state ^ character.codePointAt(0)!, 16777619) || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32 * limit;
  };
}

function floats(name: string, shape: readonly number[]): Source {
  const next = random(name), data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = next(2) - 1;
  return { name, shape, field: "float_val", dtype: 1, data };
}

function doubles(name: string, shape: readonly number[]): Source {
  const next = random(name), data = new Float64Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = next(2) - 1;
  return { name, shape, field: "double_val", dtype: 2, data };
}

function tokens(name: string, shape: readonly number[], limit: number): Source {
  const next = random(name);
  const data = BigInt64Array.from({ length: sizeOf(shape) }, () => BigInt(Math.floor(next(limit))));
  return { name, shape, field: "int64_val", dtype: 9, data };
}

/** The same values for each type of array. */
function pixels(dtype: 3 | 4, From: typeof Int32Array | typeof Uint8Array): Source {
  const shape = [1, 224, 224, 3], next = random("pixels");
  const data = From.from(Array.from({ length: sizeOf(shape) }, () => Math.floor(next(256))));
  return { name: "images", shape, field: "int_val", dtype, data };
}

/** Every fourth text is Chinese, the others are ASCII. */
function texts(name: string, count: number): Source {
  const next = random(name);
  const text = (_: unknown, i: number): string => {
    const codes = Array.from(
      { length: 5 + Math.floor(next(36)) },
      () => i % 4 ? 32 + next(95) : 0x4e00 + next(5000),
    );
    return String.fromCharCode(...codes);
  };
  return { name, shape: [count], field: "string_val", dtype: 7, data: Array.from({ length: count }, text) };
}

function bools(name: string, count: number): Source {
  const next = random(name), data = Uint8Array.from({ length: count }, () => next(2));
  return { name, shape: [count], field: "bool_val", dtype: 10, data };
}
