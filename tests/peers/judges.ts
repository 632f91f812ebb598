/**
 * What readers of many authors find in requests, all in one form, so that it can be compared with what was written.
 *
 * @module
 */
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import * as ourTorch from "../../protos/pytorch-predict.ts";
import * as ourTf from "../../protos/tf-predict.ts";
import * as theirTf from "../fixtures/protos/tf.js";
import * as theirTorch from "../fixtures/protos/torch.js";
import { toHex } from "../support/hex.ts";
import { readWithGo, skipGo } from "./go.ts";
import { protoc } from "./protoc.ts";
import { skipPython, startPython } from "./python.ts";

/** Which processor a request is for. */
export type Family = "tf" | "torch";

/** A request as it is sent. */
export interface Sent {
  /** Its processor. */
  family: Family;
  /** The message. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** An array as a reader found it. */
export interface Seen {
  /** Number of the element type. */
  dtype: number;
  /** Length of each axis. */
  shape: number[];
  /** The bits of the elements, by the name of the field that holds them; fields without elements are not there. */
  bits: Record<string, string>;
}

/** The arrays of a request by name or position. */
export type SeenInputs = Record<string, Seen>;

/** Somebody who reads requests. */
export interface Judge {
  /** The library. */
  name: string;
  /** Why it is left out, as `node:test` takes it. */
  skip: string | false;
  /** Reads all of them, since some take long to start. */
  read(requests: readonly Sent[]): Promise<SeenInputs[]>;
}

const files = { tf: "tf_predict.proto", torch: "pytorch_predict.proto" };
const messages = { tf: "PredictRequest", torch: "pytorch.eas.PredictRequest" };

/** How the elements of each field are kept, whatever a reader made of them. */
const kept: Record<string, (values: Iterable<unknown>) => ArrayBufferView<ArrayBuffer>> = {
  float_val: (values) => Float32Array.from(values, Number),
  double_val: (values) => Float64Array.from(values, Number),
  int_val: (values) => Int32Array.from(values, Number),
  int64_val: (values) => BigInt64Array.from(values, toBigInt),
  bool_val: (values) => Uint8Array.from(values, Number),
};

/** Of a bigint, decimal digits, a number, or the halves that protobufjs makes. */
function toBigInt(value: unknown): bigint {
  if (typeof value !== "object") return BigInt(value as bigint | number | string); // one of those
  const { low, high } = value as { low: number; high: number };
  return BigInt(high) << 32n | BigInt(low >>> 0);
}

/** What a reader found, in fields of any spelling. */
export function seen(array: object): Seen {
  const fields = new Map(
    Object.entries(array).map((
      [name, value],
    ) => [name.replace(/(?<=[a-z\d])[A-Z]/, (c) => `_${c}`).toLowerCase(), value]),
  );
  const shape = Array.from<unknown, number>(
    fields.get("array_shape")?.dim ?? [],
    (dim) => Number(toBigInt(dim)),
  );
  const bits = Object.entries(kept).flatMap(([name, keep]) => {
    const { buffer, byteLength } = keep(fields.get(name) ?? []);
    return byteLength ? [[name, toHex(new Uint8Array(buffer))]] : [];
  });
  return { dtype: fields.get("dtype") ?? 0, shape, bits: Object.fromEntries(bits) };
}

/** Inputs in a list, in an object, in a map or as pairs; of a PyTorch request those by name when there are any. */
function seenInputs(inputs: Iterable<unknown> | object, named: Iterable<unknown> | object = []): SeenInputs {
  const pairs = [inputs, named].flatMap((given): [string, object][] => {
    if (given instanceof Map) return [...given];
    if (!Array.isArray(given)) return Object.entries(given);
    // Neither is anything else in a list.
    return given.map((item, i) => Array.isArray(item) ? item as [string, object] : [`${i}`, item as object]);
  });
  return Object.fromEntries(pairs.map(([name, array]) => [name, seen(array)]));
}

/** What a reader calls the fields that hold the inputs. */
interface Inputs {
  inputs?: object;
  map_inputs?: object;
  mapInputs?: object;
}

const ofMessage = ({ inputs = {}, map_inputs, mapInputs }: Inputs): SeenInputs =>
  seenInputs(inputs, map_inputs ?? mapInputs);

function ours(name: string, options: ourTf.DecodeOptions): Judge {
  const read = ({ family, bytes }: Sent): SeenInputs =>
    ofMessage(
      family === "tf"
        ? ourTf.decode(ourTf.predictRequest, bytes.slice(), options)
        : ourTorch.decode(ourTorch.predictRequest, bytes.slice(), options),
    );
  return { name, skip: false, read: (requests) => Promise.resolve(requests.map(read)) };
}

const protobufjs: Judge = {
  name: "protobufjs",
  skip: false,
  read: (requests) => {
    const types = { tf: theirTf.PredictRequest, torch: theirTorch.pytorch.eas.PredictRequest };
    return Promise.resolve(requests.map(({ family, bytes }) => ofMessage(types[family].decode(bytes))));
  },
};

const protobufEs: Judge = {
  name: "protobuf-es",
  skip: skipPython, // its schemas come from protoc
  read: async (requests) => {
    const schemaOf = async (family: Family) => {
      const set = await protoc(["--descriptor_set_out=/dev/stdout", files[family]]);
      return createFileRegistry(fromBinary(FileDescriptorSetSchema, set)).getMessage(messages[family])!; // it is there
    };
    const schemas = { tf: await schemaOf("tf"), torch: await schemaOf("torch") };
    // Its fields are known when it runs.
    return requests.map(({ family, bytes }) => ofMessage(fromBinary(schemas[family], bytes) as Inputs));
  },
};

const upb: Judge = {
  name: "upb",
  skip: skipPython,
  read: async (requests) => {
    await using server = await startPython("messages.py");
    const cases = requests.map(({ family, bytes }) => ({
      file: files[family],
      message: "PredictRequest",
      hex: toHex(bytes),
    }));
    const answer = await fetch(`${server.url}/decode`, { method: "POST", body: JSON.stringify({ cases }) });
    return (await answer.json()).results.map(ofResult);
  },
};

const go: Judge = {
  name: "Go",
  skip: skipGo,
  read: async (requests) => {
    const cases = requests.map(({ family, bytes }) => ({ message: messages[family], hex: toHex(bytes) }));
    return (await readWithGo(cases)).map(ofResult);
  },
};

function ofResult({ value = {}, error }: { value?: Inputs; error?: string }): SeenInputs {
  if (error) throw new Error(error);
  return ofMessage(value);
}

/** All that show what they read. */
export const judges: readonly Judge[] = [
  ours("our decode()", {}),
  ours("our decode(), own", { own: true }),
  ours("our decode(), copy", { copy: true }),
  protobufjs,
  protobufEs,
  upb,
  go,
];

/** The shortest form of a message, entries of maps by their keys, which protoc makes of what it printed of it. */
export async function shortest({ family, bytes }: Sent): Promise<Uint8Array> {
  const text = await protoc([`--decode=${messages[family]}`, files[family]], bytes);
  return await protoc([`--encode=${messages[family]}`, "--deterministic_output", files[family]], text);
}
