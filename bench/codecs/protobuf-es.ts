/**
 * protobuf-es 2, whose names are in camel case.
 *
 * @module
 */
import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { type Payload, signatureName, type Source } from "../payloads.ts";
import { convert, fromLists, fromTexts, type Peer, type ValueField, type Values } from "./codec.ts";
import { generated } from "./generated.ts";

/** A field as the generated code names it. */
const camel: Record<ValueField, string> = {
  float_val: "floatVal",
  double_val: "doubleVal",
  int_val: "intVal",
  string_val: "stringVal",
  int64_val: "int64Val",
  bool_val: "boolVal",
};

/** What the `.proto` files say that a response holds. */
type Response = Message & Record<string, Record<string, Record<string, unknown>>>;

function requestOf({ sources, family }: Payload): Record<string, unknown> {
  const arrays: Record<string, object> = {};
  for (const source of sources) arrays[source.name] = arrayOf(source);
  return family === "tf" ? { signatureName, inputs: arrays } : { mapInputs: arrays };
}

function arrayOf({ dtype, shape, field, data }: Source): object {
  return {
    dtype,
    arrayShape: { dim: shape.map(BigInt) },
    [camel[field]]: convert(fromTexts, field, data),
  };
}

/** Code that its own generator writes. */
export const protobufEs: Peer = {
  name: "protobuf-es 2",
  async make(payload) {
    const { PredictRequestSchema, PredictResponseSchema } = await generated<Record<string, DescMessage>>(
      "protobuf-es",
      payload.family,
    );
    const key = payload.family === "tf" ? "outputs" : "mapOutputs", { sources } = payload;
    const decode = (bytes: Uint8Array): unknown[] => {
      const outputs = (fromBinary(PredictResponseSchema!, bytes) as Response)[key]!;
      return sources.map(({ name, field }) => outputs[name]![camel[field]]);
    };
    return {
      encode: () => toBinary(PredictRequestSchema!, create(PredictRequestSchema!, requestOf(payload))),
      decode(bytes) {
        const lists = decode(bytes);
        return sources.map(({ field }, i) => convert(fromLists, field, lists[i]) as Values); // what conversions give
      },
    };
  },
};
