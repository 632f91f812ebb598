/**
 * The format of PyTorch processors: tensors in the order of the model's arguments and results, or by name.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 * import { pytorch } from "@pai-edge/sdk/serializers/pytorch";
 * import { tensor } from "@pai-edge/sdk/tensor";
 *
 * const predictor = new Predictor({
 *   endpoint: "https://1234567890123456.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/mnist",
 *   token: "the token of the service",
 *   serializer: pytorch(),
 *   fetch: () => new Response(Uint8Array.of(10, 6, 8, 1, 26, 0, 18, 0)), // leave this out to call the real service
 * });
 * const scores = await predictor.predict(tensor(new Float32Array(2 * 28 * 28), [-1, 28, 28]));
 * console.log(scores.dtype); // float32
 * ```
 *
 * @module
 */
import { fromArrayProto, toArrayProto } from "../../core/array-proto.ts";
import type { Allocate, Serializer } from "../../core/serializer.ts";
import { makeTensor, Tensor, type TensorInput } from "../../core/tensor.ts";
import {
  type ArrayProto,
  decode,
  encode,
  predictRequest,
  predictResponse,
} from "../../protos/pytorch-predict.ts";
import { InPlaceRequest } from "./in-place.ts";
import { namedEntries, type NamedTensors } from "./named.ts";
import { checkType } from "./pytorch-types.ts";

export type { ArraysOf, ArraySpec, InPlaceData, InPlaceDType, InPlaceRequest } from "./in-place.ts";
export type { NamedTensors } from "./named.ts";
export { allocate, type PyTorchSpec, type PyTorchSpecs } from "./pytorch-allocate.ts";

/** Options of {@linkcode pytorch}. */
export interface PyTorchOptions {
  /** Positions of the outputs to return; all of them when absent. */
  outputs?: readonly number[];
  /** How much the server tells about its work. @default {0} */
  debugLevel?: number;
  /** Whether outputs get memory of their own, instead of being views on the whole answer. @default {false} */
  copy?: boolean;
}

/**
 * What a model is given: one tensor; a list of tensors in the order of its arguments, where `null` leaves one out; or
 * tensors by name, for a model that takes a dictionary. A list of numbers is one tensor, of single precision. Or a request
 * of {@linkcode allocate}.
 */
export type PyTorchInput = TensorInput | readonly (TensorInput | null)[] | NamedTensors | InPlaceRequest;

/** What a model gives: its one result, a list when it has several, or results by name when it gives a dictionary. */
export type PyTorchOutput = Tensor | Tensor[] | { [name: string]: Tensor };

/**
 * Speaks with PyTorch processors.
 *
 * @typeParam Output What the model gives, see {@linkcode PyTorchOutput}, such as `Tensor[]`. When nothing is said, it is
 * taken for one tensor of `float32`.
 */
export function pytorch<Output extends PyTorchOutput = Tensor<"float32">>(
  options: PyTorchOptions = {},
): Serializer<PyTorchInput, Output> {
  return {
    contentType: "application/octet-stream",
    serialize: (input, allocate) => writeRequest(input, options, allocate),
    deserialize: (body) => readResponse(body, options) as Output, // the caller says what the model gives
    matches: ({ processor = "" }) => /^pytorch/.test(processor),
  };
}

/**
 * Writes a request as a file for warming up a service; its `warm_up_data_path` names it, with the extension `.bin`.
 *
 * @throws {TypeError} or {RangeError} when the input can't be written.
 */
export function toBytes(
  input: PyTorchInput,
  options: PyTorchOptions = {},
): Uint8Array<ArrayBuffer> {
  return writeRequest(input, options);
}

function writeRequest(
  input: PyTorchInput,
  { outputs, debugLevel }: PyTorchOptions,
  allocate?: Allocate,
): Uint8Array<ArrayBuffer> {
  if (input instanceof InPlaceRequest) return input.toBytes();
  const options = { output_filter: outputs, debug_level: debugLevel };
  const named = namedEntries<TensorInput>(input);
  if (named) {
    const map_inputs = new Map(named.map(([name, value]) => [name, toArray(value, `"${name}"`)]));
    return encode(predictRequest, { map_inputs, ...options }, allocate);
  }
  const list = isList(input) ? input : [input as TensorInput]; // since it is not named
  const inputs = list.map((value, position) => toArray(value, String(position)));
  return encode(predictRequest, { inputs, ...options }, allocate);
}

/** Whether an input is a list of tensors, and not one tensor as a list of numbers. */
function isList(input: unknown): input is readonly (TensorInput | null)[] {
  return Array.isArray(input) &&
    (input.every(ArrayBuffer.isView) || input.some((item) => item === null || item instanceof Tensor));
}

/** What is left out is an array without a type. */
function toArray(value: TensorInput | null, name: string): ArrayProto {
  if (value === null) return {};
  const made = value instanceof Tensor ? value : makeTensor(value);
  checkType(made.dtype, name);
  return toArrayProto(made, `input ${name}`);
}

function readResponse(
  body: Uint8Array<ArrayBuffer>,
  { copy, outputs: wanted }: PyTorchOptions,
): PyTorchOutput {
  const { outputs = [], map_outputs } = decode(predictResponse, body, { own: true, copy });
  if (body.length && !outputs.length && !map_outputs) throw new SyntaxError("no outputs");
  if (map_outputs) {
    return Object.fromEntries(Array.from(map_outputs, ([name, array]) => [name, fromArrayProto(array)]));
  }
  const tensors = outputs.map(fromArrayProto);
  const isOne = tensors.length === 1 && (wanted?.length || 1) === 1;
  return isOne ? tensors[0]! : tensors;
}
