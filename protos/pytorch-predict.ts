/**
 * Messages of the PyTorch processor, as in `pytorch_predict.proto`.
 *
 * @example
 * ```ts
 * import { decode, encode, predictRequest } from "@pai-edge/sdk/protos/pytorch-predict";
 *
 * const x = { dtype: 1, array_shape: { dim: BigInt64Array.of(2n) }, float_val: Float32Array.of(1, 2) };
 * const bytes = encode(predictRequest, { inputs: [x] });
 * console.log(decode(predictRequest, bytes).inputs?.[0]?.float_val); // [1, 2]
 * ```
 *
 * @module
 */
import {
  arrayFields,
  arrayMessage,
  type ArrayProto as TensorFlowArrayProto,
  type ArrayShape,
} from "./array-proto.ts";
import { int32s, type NumberList } from "./arrays.ts";
import { field, map, message, type MessageType, packed, repeated } from "./message.ts";
import { int32, string } from "./scalars.ts";

export * from "./api.ts";
export { arrayDataTypes } from "./array-proto.ts";
export type { ArrayShape };

/** An array. There is no field for booleans. */
export type ArrayProto = Omit<TensorFlowArrayProto, "bool_val">;

/** What a PyTorch processor is sent. */
export interface PredictRequest {
  /** Arrays in the order of the model's arguments. */
  inputs?: readonly ArrayProto[];
  /** Positions of the outputs to return; all of them when empty. */
  output_filter?: NumberList;
  /** Arrays by name, of models that take a dictionary. */
  map_inputs?: ReadonlyMap<string, ArrayProto>;
  /** How much the server tells about its work. */
  debug_level?: number;
}

/** What a PyTorch processor answers. */
export interface PredictResponse {
  /** Arrays in the order of the model's results. */
  outputs?: readonly ArrayProto[];
  /** Arrays by name, of models that return a dictionary. */
  map_outputs?: ReadonlyMap<string, ArrayProto>;
}

/** Table of {@linkcode ArrayProto}. */
export const arrayProto: MessageType<ArrayProto> = /* @__PURE__ */ arrayMessage<ArrayProto>(arrayFields);

/** Table of {@linkcode PredictRequest}. */
export const predictRequest: MessageType<PredictRequest> = /* @__PURE__ */ message("PredictRequest", {
  inputs: /* @__PURE__ */ repeated(1, arrayProto),
  output_filter: /* @__PURE__ */ packed(2, int32s),
  map_inputs: /* @__PURE__ */ map(3, string, arrayProto),
  debug_level: /* @__PURE__ */ field(100, int32),
});

/** Table of {@linkcode PredictResponse}. */
export const predictResponse: MessageType<PredictResponse> = /* @__PURE__ */ message("PredictResponse", {
  outputs: /* @__PURE__ */ repeated(1, arrayProto),
  map_outputs: /* @__PURE__ */ map(2, string, arrayProto),
});
