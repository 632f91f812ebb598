import { Tensor, type TensorInput } from "../../core/tensor.ts";

/** Tensors by name. */
export type NamedTensors<T = TensorInput> = { readonly [name: string]: T } | ReadonlyMap<string, T>;

/** The names and their tensors; `undefined` for an input that is one tensor, or a list. */
export function namedEntries<T>(
  input: TensorInput | NamedTensors<T> | readonly unknown[],
): [name: string, value: T][] | undefined {
  if (input instanceof Map) return [...input];
  const isOther = Array.isArray(input) || ArrayBuffer.isView(input) || input instanceof Tensor;
  return isOther || typeof input !== "object" ? undefined : Object.entries(input) as [string, T][]; // a record, then
}
