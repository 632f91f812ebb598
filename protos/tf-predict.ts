/**
 * Messages of the TensorFlow processor, as in `tf_predict.proto`.
 *
 * @example
 * ```ts
 * import { decode, encode, predictRequest } from "@pai-edge/sdk/protos/tf-predict";
 *
 * const x = { dtype: 1, array_shape: { dim: BigInt64Array.of(1n, 2n) }, float_val: Float32Array.of(0.5, 1.5) };
 * const bytes = encode(predictRequest, { inputs: new Map([["x", x]]), output_filter: ["y"] });
 * console.log(decode(predictRequest, bytes).inputs?.get("x")?.float_val); // [0.5, 1.5], a view on the bytes
 * ```
 *
 * @module
 */
import { arrayFields, arrayMessage, type ArrayProto, type ArrayShape } from "./array-proto.ts";
import { bools } from "./arrays.ts";
import { field, map, message, type MessageType, packed, repeated } from "./message.ts";
import { string } from "./scalars.ts";

export * from "./api.ts";
export { arrayDataTypes } from "./array-proto.ts";
export type { ArrayProto, ArrayShape };

/** What a TensorFlow processor is sent. */
export interface PredictRequest {
  /** Signature to run; the server's default one when empty. */
  signature_name?: string;
  /** Arrays by the names of the signature's inputs. */
  inputs?: ReadonlyMap<string, ArrayProto>;
  /** Names of the outputs to return; all of them when empty. */
  output_filter?: readonly string[];
}

/** What a TensorFlow processor answers. */
export interface PredictResponse {
  /** Arrays by the names of the outputs. */
  outputs?: ReadonlyMap<string, ArrayProto>;
}

/** Table of {@linkcode ArrayProto}. */
export const arrayProto: MessageType<ArrayProto> = /* @__PURE__ */ arrayMessage<ArrayProto>({
  ...arrayFields,
  bool_val: /* @__PURE__ */ packed(8, bools),
});

/** Table of {@linkcode PredictRequest}. */
export const predictRequest: MessageType<PredictRequest> = /* @__PURE__ */ message("PredictRequest", {
  signature_name: /* @__PURE__ */ field(1, string),
  inputs: /* @__PURE__ */ map(2, string, arrayProto),
  output_filter: /* @__PURE__ */ repeated(3, string),
});

/** Table of {@linkcode PredictResponse}. */
export const predictResponse: MessageType<PredictResponse> = /* @__PURE__ */ message("PredictResponse", {
  outputs: /* @__PURE__ */ map(1, string, arrayProto),
});
