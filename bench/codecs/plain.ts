/**
 * Codecs whose messages are plain objects, with the names of our `.proto` files.
 *
 * @module
 */
import { type Payload, signatureName, type Source } from "../payloads.ts";
import { type Codec, type Conversions, convert, type Values } from "./codec.ts";

/** What a generator writes for a message; only the two methods are called. */
export interface PlainType {
  /** Writes a message. */
  encode(message: object): Uint8Array;
  /** Reads one. */
  decode(bytes: Uint8Array): object;
}

/** How a codec wants its messages. */
export interface PlainOptions {
  /** Writes requests. */
  request: Pick<PlainType, "encode">;
  /** Reads responses. */
  response: Pick<PlainType, "decode">;
  /** Makes of typed arrays what the codec takes. */
  write: Conversions;
  /** Makes typed arrays of what the codec gives. */
  read: Conversions;
  /** Whether each message needs all fields, also the empty ones. */
  isComplete?: boolean;
}

/** Makes a codec of a generator's types. */
export function plainCodec(payload: Payload, options: PlainOptions): Codec {
  const { sources, family } = payload, { request, response, write, read } = options;
  const array = options.isComplete ? completeArray : sparseArray;
  const message = options.isComplete ? completeMessage : sparseMessage;
  const key = family === "tf" ? "outputs" : "map_outputs";
  const decode = (bytes: Uint8Array): unknown[] => {
    // what the .proto files say that a response holds
    const outputs = (response.decode(bytes) as Record<string, Record<string, Record<string, unknown>>>)[key]!;
    return sources.map(({ name, field }) => outputs[name]![field]);
  };
  return {
    encode() {
      const arrays: Record<string, object> = {};
      for (const source of sources) arrays[source.name] = array(source, write);
      return request.encode(message(family, arrays));
    },
    decode(bytes) {
      const lists = decode(bytes);
      return sources.map(({ field }, i) => convert(read, field, lists[i]) as Values); // what conversions give
    },
  };
}

function sparseMessage(family: Payload["family"], arrays: object): object {
  return family === "tf" ? { signature_name: signatureName, inputs: arrays } : { map_inputs: arrays };
}

function completeMessage(family: Payload["family"], arrays: object): object {
  return family === "tf"
    ? { signature_name: signatureName, inputs: arrays, output_filter: [] }
    : { inputs: [], output_filter: [], map_inputs: arrays, debug_level: 0 };
}

/** The literal that a user writes for tensors of one kind. */
function sparseArray({ dtype, shape, field, data }: Source, write: Conversions): object {
  const array_shape = { dim: shape }, values = convert(write, field, data);
  switch (field) {
    case "float_val":
      return { dtype, array_shape, float_val: values };
    case "double_val":
      return { dtype, array_shape, double_val: values };
    case "int_val":
      return { dtype, array_shape, int_val: values };
    case "string_val":
      return { dtype, array_shape, string_val: values };
    case "int64_val":
      return { dtype, array_shape, int64_val: values };
    case "bool_val":
      return { dtype, array_shape, bool_val: values };
  }
}

const none: readonly never[] = [];

/** The codecs that need all fields take `bigint` for 64 bits. */
function completeArray({ dtype, shape, field, data }: Source, write: Conversions): object {
  const array: Record<string, unknown> = {
    dtype,
    array_shape: { dim: shape.map(BigInt) },
    float_val: none,
    double_val: none,
    int_val: none,
    string_val: none,
    int64_val: none,
    bool_val: none,
  };
  array[field] = convert(write, field, data);
  return array;
}
