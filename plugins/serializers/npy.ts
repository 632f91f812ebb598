/**
 * NumPy's own file format as the format of inputs and outputs: what a service of your own reads with `numpy.load` and
 * writes with `numpy.save`.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 * import { npy } from "@pai-edge/sdk/serializers/npy";
 * import { tensor } from "@pai-edge/sdk/tensor";
 *
 * const predictor = new Predictor({
 *   endpoint: "1234567890123456.cn-hangzhou.pai-eas.aliyuncs.com",
 *   serviceName: "scores",
 *   serializer: npy(),
 *   fetch: async (_url, { body }) => new Response(await new Response(body).arrayBuffer()), // leave this out: it echoes
 * });
 * const { dtype, shape } = await predictor.predict(tensor(Float32Array.of(1, 2, 3, 4), [2, 2]));
 * console.log(dtype, shape); // float32 [2, 2]
 * ```
 *
 * @module
 */
import type { Serializer } from "../../core/serializer.ts";
import { makeTensor, misfit, Tensor, type TensorInput } from "../../core/tensor.ts";
import { littleEndian } from "../../protos/wire.ts";
import { readNpy } from "./npy-read.ts";
import { writeNpy } from "./npy-write.ts";

/** Options of {@linkcode decodeNpy}. */
export interface DecodeNpyOptions {
  /** Copies the elements even where they can be a view on the file. @default {false} */
  copy?: boolean;
}

/** Options of {@linkcode npy}. */
export interface NpyOptions {
  /** Media type of the inputs. None is registered; inference toolkits for Python know this one. @default {"application/x-npy"} */
  contentType?: string;
}

/**
 * Reads and writes `.npy`, as {@linkcode encodeNpy} and {@linkcode decodeNpy} do. A `Uint8Array` is a tensor like any
 * other; a finished file goes through `rawPredict`.
 */
export function npy(options: NpyOptions = {}): Serializer<TensorInput, Tensor> {
  const { contentType = "application/x-npy" } = options;
  return { contentType, serialize: encodeNpy, deserialize: (body) => decodeNpy(body) };
}

/**
 * Writes a `.npy` file, byte for byte as `numpy.save` does. Strings become numpy's text (`<U`) when all of them are
 * text, else its byte strings (`|S`) with text in UTF-8.
 *
 * @throws {TypeError} when the input is no tensor, or has bfloat16 elements, which numpy doesn't know.
 * @throws {RangeError} for more than 64 axes, or a string with NUL at its end, which numpy would drop.
 */
export function encodeNpy(input: TensorInput): Uint8Array<ArrayBuffer> {
  const made = input instanceof Tensor ? input : makeTensor(input);
  if (!made.isComplete) throw misfit(made.data.length, made.shape);
  return writeNpy(made, littleEndian);
}

/**
 * Reads a `.npy` file of any version, byte order and memory order. The elements are a view on the file where its byte
 * order, memory order and place in memory allow, else a copy; the file is never changed. Byte strings (`|S`) come as
 * bytes, text (`<U`) as text.
 *
 * @throws {SyntaxError} when the bytes are not a `.npy` file.
 * @throws {RangeError} when the data has not the length that the header says.
 * @throws {TypeError} for elements that no tensor has: objects, records, dates, raw bytes, extended precision.
 */
export function decodeNpy(file: Uint8Array<ArrayBuffer>, options: DecodeNpyOptions = {}): Tensor {
  return readNpy(file, options.copy ?? false, littleEndian);
}
