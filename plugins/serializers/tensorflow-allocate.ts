import type { ArrayProto } from "../../protos/array-proto.ts";
import { predictRequest } from "../../protos/tf-predict.ts";
import { type ArraysOf, type ArraySpec, InPlaceRequest } from "./in-place.ts";
import { layOut } from "./in-place-layout.ts";

/** What {@linkcode allocate} makes a request of. */
export interface TensorFlowSpec<Specs extends { readonly [name: string]: ArraySpec }> {
  /** Element types and shapes by the names of the model's inputs. */
  inputs: Specs;
  /** Signature to run. @default {the server's default} */
  signatureName?: string;
  /** Names of the outputs to return; all of them when absent. A frozen graph needs them. */
  outputs?: readonly string[];
}

/**
 * Makes a request whose arrays already lie in the message that is sent: fill them, and `predict` has nothing left to
 * encode. A request may be sent any number of times, but is not to be changed while it is under way.
 *
 * Floats, complex numbers and truth values lie in place; integers are encoded when the request is sent. What the
 * serializer's own options say about signature and outputs does not apply.
 *
 * @throws {TypeError} for an element type that processors don't have, or that has no fixed size.
 * @throws {RangeError} for a shape that is not of whole lengths.
 */
export function allocate<const Specs extends { readonly [name: string]: ArraySpec }>(
  { inputs, signatureName, outputs }: TensorFlowSpec<Specs>,
): InPlaceRequest<ArraysOf<Specs>> {
  const specs = Object.entries(inputs);
  const [arrays, write] = layOut(specs, {
    type: predictRequest,
    tag: 0x12,
    isMap: true,
    message: (arrays: readonly [string, ArrayProto][]) => ({ inputs: new Map(arrays) }),
    others: { signature_name: signatureName, output_filter: outputs },
  });
  const named = Object.fromEntries(specs.map(([name], i) => [name, arrays[i]]));
  return new InPlaceRequest(named as ArraysOf<Specs>, write); // as the specs say
}
