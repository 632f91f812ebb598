/**
 * The format of TensorFlow processors: tensors by the names of the model's inputs and outputs.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 * import { tensorflow } from "@pai-edge/sdk/serializers/tensorflow";
 * import { tensor } from "@pai-edge/sdk/tensor";
 *
 * const predictor = new Predictor({
 *   endpoint: "https://1234567890123456.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/mnist",
 *   token: "the token of the service",
 *   serializer: tensorflow({ outputs: ["dense_1"] }),
 *   fetch: () => new Response(), // leave this out to call the real service
 * });
 * const images = tensor(new Float32Array(2 * 28 * 28), [-1, 28, 28]);
 * await predictor.predict({ flatten_input: images }).catch(({ cause }) => console.log(cause.message));
 * ```
 *
 * @module
 */
import { dtypeOf, fits, fromArrayProto, toArrayProto, typeNumber } from "../../core/array-proto.ts";
import { cast, type Element } from "../../core/cast.ts";
import type { Allocate, Serializer } from "../../core/serializer.ts";
import { type DType, dtypes } from "../../core/dtype.ts";
import { makeTensor, Tensor, type TensorInput } from "../../core/tensor.ts";
import type { ArrayProto } from "../../protos/array-proto.ts";
import { decode, encode, predictRequest, predictResponse } from "../../protos/tf-predict.ts";
import { didYouMean } from "./closest.ts";
import { InPlaceRequest } from "./in-place.ts";
import { namedEntries, type NamedTensors } from "./named.ts";
import { inspectSignatureDef, type SignatureDef } from "./signature.ts";

export { inspectSignatureDef, type SignatureDef, type TensorSpec } from "./signature.ts";
export type { ArraysOf, ArraySpec, InPlaceData, InPlaceDType, InPlaceRequest } from "./in-place.ts";
export type { NamedTensors } from "./named.ts";
export { allocate, type TensorFlowSpec } from "./tensorflow-allocate.ts";

/** Options of {@linkcode tensorflow}. */
export interface TensorFlowOptions {
  /** Signature to run. @default {the one that is asked for, or else the server's default} */
  signatureName?: string;
  /** Names of the outputs to return; all of them when absent. A frozen graph needs them. */
  outputs?: readonly string[];
  /** Whether outputs get memory of their own, instead of being views on the whole answer. @default {false} */
  copy?: boolean;
  /** The model's signature, where it is known: then it is never asked for, and every input is checked against it. */
  signature?: SignatureDef;
}

/**
 * Tensors by the names of the model's inputs; the one tensor of a model with one input; or a request of
 * {@linkcode allocate}.
 */
export type TensorFlowInput = TensorInput | NamedTensors | InPlaceRequest;

/**
 * Speaks with TensorFlow processors. Tensors are sent as they are, in one request. What doesn't say its shape and type, a
 * nested list or a bare array, is written as the model's signature says, which the service is asked for once.
 *
 * @typeParam Outputs The model's outputs, such as `{ dense_1: Tensor<"float32">, ids: Tensor<"int64"> }`. When nothing is
 * said they are taken for `float32`, as most are; {@linkcode output} checks the type of one.
 */
export function tensorflow<Outputs extends object = { [name: string]: Tensor<"float32"> }>(
  options: TensorFlowOptions = {},
): Serializer<TensorFlowInput, Outputs> {
  return {
    contentType: "application/octet-stream",
    serialize: (input, allocate) => writeRequest(input, options, allocate),
    deserialize: (body) => readResponse(body, options) as Outputs, // the caller says which they are
    matches: ({ processor = "" }) => /^tensorflow/.test(processor),
    prepare: async (predictor) => tensorflow({ ...options, signature: await inspectSignatureDef(predictor) }),
  };
}

/**
 * Writes a request as a file for warming up a service; its `warm_up_data_path` names it, with the extension `.bin`.
 *
 * @throws {TypeError} or {RangeError} when the input can't be written, or not without `options.signature`.
 */
export function toBytes(
  input: TensorFlowInput,
  options: TensorFlowOptions = {},
): Uint8Array<ArrayBuffer> {
  const bytes = writeRequest(input, options);
  if (!bytes) {
    throw new TypeError("Cannot write a request: an input that is no tensor() needs options.signature");
  }
  return bytes;
}

/**
 * One of the outputs, of the element type that is given.
 *
 * @throws {RangeError} when there is no such output; the message names those that there are.
 * @throws {TypeError} when it is of another type.
 */
export function output<D extends DType = DType>(
  outputs: { readonly [name: string]: Tensor },
  name: string,
  dtype?: D,
): Tensor<D> {
  const found = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
  if (!found) throw missing("output", name, Object.keys(outputs));
  if (dtype && found.dtype !== dtype) {
    throw new TypeError(`Cannot read output "${name}": it is ${found.dtype}`);
  }
  return found as Tensor<D>; // which was checked
}

function writeRequest(
  input: TensorFlowInput,
  { signature, signatureName = signature?.signatureName, outputs }: TensorFlowOptions,
  allocate?: Allocate,
): Uint8Array<ArrayBuffer> | undefined {
  if (input instanceof InPlaceRequest) return input.toBytes();
  const names = signature?.inputs.map(({ name }) => name);
  const named = namedEntries<TensorInput>(input) ??
    (names && [[names.length > 1 ? "" : names[0]!, input as TensorInput] as const]); // since it is not named
  const inputs = new Map<string, ArrayProto>();
  for (const [name, value] of named ?? []) {
    const spec = signature?.inputs.find((input) => input.name === name), what = `input "${name}"`;
    if (names && !spec) throw missing("input", name, names);
    const dtype = spec && dtypeOf(spec.type);
    const made = value instanceof Tensor ? value : spec && fill(value, spec.shape, dtype);
    if (!made) return undefined; // it needs the signature
    if (spec && !(made.dtype === dtype && fits(made.shape, spec.shape))) {
      throw new TypeError(
        `Cannot send ${what}: ${made.dtype} [${made.shape}] is no ${spec.type} [${spec.shape}]`,
      );
    }
    inputs.set(name, toArrayProto(made, what, spec && typeNumber(spec.type)));
  }
  return named &&
    encode(predictRequest, { signature_name: signatureName, inputs, output_filter: outputs }, allocate);
}

/** Makes a tensor of data that doesn't say its shape. An axis of `-1`, such as the batch, follows from the rest. */
function fill(value: TensorInput, shape: readonly number[], dtype: DType | undefined): Tensor {
  const array = dtype && dtypes[dtype].array;
  const isOther = array && ArrayBuffer.isView(value) && !(value instanceof array);
  const data = isOther ? cast(makeTensor(value).data as ArrayLike<Element>, dtype) : value; // of numbers
  const made = makeTensor(data, undefined, dtype);
  return fits(made.shape, shape) ? made : makeTensor(made.data, shape, dtype);
}

function readResponse(
  body: Uint8Array<ArrayBuffer>,
  { outputs: wanted = [], copy }: TensorFlowOptions,
): { [name: string]: Tensor } {
  const { outputs = new Map<string, ArrayProto>() } = decode(predictResponse, body, { own: true, copy });
  if (body.length && !outputs.size) throw new SyntaxError("no outputs"); // text can look like a message
  for (const name of wanted) if (!outputs.has(name)) throw missing("output", name, [...outputs.keys()]);
  return Object.fromEntries(Array.from(outputs, ([name, array]) => [name, fromArrayProto(array)]));
}

function missing(what: string, name: string, names: readonly string[]): RangeError {
  return new RangeError(`Cannot find ${what} "${name}" among ${list(names)}${didYouMean(name, names)}`);
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ").slice(0, 300);
}
