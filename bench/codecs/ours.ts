/**
 * Our codec, in each of its forms.
 *
 * @module
 */
import * as torch from "../../protos/pytorch-predict.ts";
import * as tf from "../../protos/tf-predict.ts";
import { type Payload, signatureName, type Source } from "../payloads.ts";
import type { Codec, Values } from "./codec.ts";

/** What our codec does, which no other one can. */
export interface OurCodec extends Codec {
  /** Writes into a buffer that is there. */
  encodeInto(buffer: Uint8Array<ArrayBuffer>): Uint8Array;
  /** Writes the headers only, and gives views on the arrays. */
  encodeChunks(): Uint8Array[];
  /** Writes a response of the payload's tensors. */
  encodeResponse(): Uint8Array<ArrayBuffer>;
  decode(bytes: Uint8Array<ArrayBuffer>, options?: tf.DecodeOptions): Values[];
}

/** Makes it for a payload. */
export function ourCodec({ family, sources, response }: Payload): OurCodec {
  const read = ({ name, field }: Source, arrays: ReadonlyMap<string, tf.ArrayProto>): Values => {
    const values = arrays.get(name)![field]!; // the check before the contest would tell
    return field === "string_val" ? texts(values as Uint8Array[]) : values as Values; // as decode gives them
  };
  const { decode, encode, encodeChunks, encodeInto } = tf;
  if (family === "tf") {
    const request = (): tf.PredictRequest => ({ signature_name: signatureName, inputs: arraysOf(sources) });
    return {
      encode: () => encode(tf.predictRequest, request()),
      encodeInto: (buffer) => encodeInto(tf.predictRequest, request(), buffer),
      encodeChunks: () => encodeChunks(tf.predictRequest, request()),
      encodeResponse: () => encode(tf.predictResponse, response),
      decode(bytes, options) {
        const { outputs } = decode(tf.predictResponse, bytes, options);
        return sources.map((source) => read(source, outputs!));
      },
    };
  }
  const request = (): torch.PredictRequest => ({ map_inputs: arraysOf(sources) });
  return {
    encode: () => encode(torch.predictRequest, request()),
    encodeInto: (buffer) => encodeInto(torch.predictRequest, request(), buffer),
    encodeChunks: () => encodeChunks(torch.predictRequest, request()),
    encodeResponse: () => encode(torch.predictResponse, response),
    decode(bytes, options) {
      const { map_outputs } = decode(torch.predictResponse, bytes, options);
      return sources.map((source) => read(source, map_outputs!));
    },
  };
}

function arraysOf(sources: readonly Source[]): Map<string, tf.ArrayProto> {
  const arrays = new Map<string, tf.ArrayProto>();
  for (const source of sources) arrays.set(source.name, arrayOf(source));
  return arrays;
}

/** The literal that a user writes for tensors of one kind. */
function arrayOf({ dtype, shape, field, data }: Source): tf.ArrayProto {
  const array_shape = { dim: shape };
  switch (field) {
    case "float_val":
      return { dtype, array_shape, float_val: data };
    case "double_val":
      return { dtype, array_shape, double_val: data };
    case "int_val":
      return { dtype, array_shape, int_val: data };
    case "string_val":
      return { dtype, array_shape, string_val: data };
    case "int64_val":
      return { dtype, array_shape, int64_val: data };
    case "bool_val":
      return { dtype, array_shape, bool_val: data };
  }
}

const decoder = new TextDecoder();

/** What `toText` does for tensors. */
function texts(strings: readonly Uint8Array[]): string[] {
  return strings.map((bytes) => decoder.decode(bytes));
}
