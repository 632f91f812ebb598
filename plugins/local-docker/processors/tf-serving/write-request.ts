import { volume } from "../../../../core/dtype.ts";
import { base64, utf8 } from "../../../../core/encoding.ts";
import { fromHalf } from "../../../../core/half.ts";
import type { Tensor } from "../../../../core/tensor.ts";
import { badRequest } from "../../../processors/tensor-handler.ts";

/**
 * Writes the body of `POST /v1/models/NAME:predict` in columns, where each input keeps its own shape.
 *
 * Source: https://www.tensorflow.org/tfx/serving/api_rest#request_format_2.
 *
 * @throws {BadRequest} when a tensor can't be written in this format.
 */
export function writeRequest(signatureName: string, inputs: ReadonlyMap<string, Tensor>): string {
  const columns = Array.from(inputs, ([name, tensor]) => `${JSON.stringify(name)}:${column(name, tensor)}`);
  return `{"signature_name":${JSON.stringify(signatureName)},"inputs":{${columns.join(",")}}}`;
}

/** Whether lists in lists can tell a shape: nothing is known of what would be inside an empty list. */
export function isTold(shape: readonly number[]): boolean {
  const empty = shape.indexOf(0);
  return empty < 0 || empty === shape.length - 1;
}

function column(name: string, tensor: Tensor): string {
  const { shape } = tensor;
  if (!isTold(shape)) {
    throw badRequest(`input "${name}" has the shape [${shape.join(", ")}], which JSON can't tell`);
  }
  return nest(words(name, tensor), shape);
}

function words(name: string, { dtype, data }: Tensor): string[] {
  switch (dtype) {
    case "string":
      return Array.from(data as readonly (string | Uint8Array)[], (item) => {
        return `{"b64":"${base64(typeof item === "string" ? utf8(item) : item)}"}`;
      });
    case "bool":
      return Array.from(data as Uint8Array, (bit) => bit ? "true" : "false");
    case "float16":
    case "bfloat16":
      return Array.from(fromHalf(dtype, data as Uint16Array), decimal);
    case "float32":
    case "float64":
      return Array.from(data as Float64Array, decimal);
    case "complex64":
    case "complex128":
      throw badRequest(`input "${name}" is ${dtype}, which TensorFlow Serving takes no JSON for`);
    default:
      return Array.from(data as BigInt64Array, String); // or another of integers
  }
}

/**
 * A number that is read as a float. Whole ones get a fraction, as integers beyond 2^24 are refused for a float32, exact
 * or not.
 */
function decimal(value: number): string {
  if (!Number.isInteger(value)) return String(value); // NaN and the infinities are as the format has them
  const text = Object.is(value, -0) ? "-0" : String(value);
  return text.includes("e") ? text : `${text}.0`;
}

/** Lists in lists, or the one word of a scalar. */
function nest(words: readonly string[], shape: readonly number[]): string {
  let parts = words;
  for (let axis = shape.length; axis--;) {
    const inner = parts, length = shape[axis]!;
    const list = (_: unknown, i: number): string =>
      `[${inner.slice(i * length, (i + 1) * length).join(",")}]`;
    parts = Array.from({ length: volume(shape.slice(0, axis)) }, list);
  }
  return parts[0]!; // which has all the others
}
