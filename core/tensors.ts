/**
 * Typed arrays with a shape: what models take and give.
 *
 * @example
 * ```ts
 * import { tensor } from "@pai-edge/sdk/tensor";
 *
 * const batch = tensor(new Float32Array(2 * 28 * 28), [-1, 28, 28]); // the array itself, not a copy
 * console.log(batch.shape); // [2, 28, 28]
 * console.log(tensor([[1, 2], [3, 4]], undefined, "int32").toNested()); // [[1, 2], [3, 4]]
 * ```
 *
 * @module
 */
export {
  type DType,
  type DTypeInfo,
  type DTypeOf,
  dtypes,
  type Float16Elements,
  type TensorDataOf,
  type TypedArrayConstructor,
} from "./dtype.ts";
export type { Element } from "./cast.ts";
export { type Nested, Tensor, tensor, type TensorInput } from "./tensor.ts";
export type {
  ArrowColumn,
  NestedList,
  OnnxTensor,
  ShapedData,
  TensorLike,
  TfjsTensor,
} from "./tensor-like.ts";
export { equals, fromStrides, slice, type Strided, toText } from "./tensor-ops.ts";
