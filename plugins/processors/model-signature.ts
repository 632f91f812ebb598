import type { DType } from "../../core/dtype.ts";
import type { Tensor } from "../../core/tensor.ts";

/** An input or output of a model. */
export interface ModelTensor {
  /** Its name. */
  readonly name: string;
  /** Length of each axis; `-1` for one that varies, such as the batch. */
  readonly shape: readonly number[];
  /** Element type as the vendor calls it, such as `DT_FLOAT`. */
  readonly type: string;
}

/** What a model takes and gives. `inspectSignatureDef` of the serializers gives such a one, of a service that runs. */
export interface ModelSignature<Inputs extends readonly ModelTensor[] = readonly ModelTensor[]> {
  /** Its name; requests name it or none. */
  readonly signatureName: string;
  /** What the model takes: every request has all of them. */
  readonly inputs: Inputs;
  /** What the model gives. */
  readonly outputs: readonly ModelTensor[];
}

/** Tensors by name, of the element types that a signature says. */
export type TensorsOf<Specs extends readonly ModelTensor[]> = {
  readonly [Spec in Specs[number] as Spec["name"]]: Tensor<DTypeOfType<Spec["type"]>>;
};

/** Element type that the vendor's name for it means. */
export type DTypeOfType<Type extends string> = Type extends "DT_FLOAT" ? "float32"
  : Type extends "DT_DOUBLE" ? "float64"
  : Type extends "DT_HALF" ? "float16"
  : Type extends `DT_Q${infer Name}` | `DT_${infer Name}` ? Extract<DType, Lowercase<Name>>
  : DType;
