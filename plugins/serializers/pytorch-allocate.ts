import type { ArrayProto } from "../../protos/array-proto.ts";
import { type PredictRequest, predictRequest } from "../../protos/pytorch-predict.ts";
import { type ArraysOf, type ArraySpec, InPlaceRequest } from "./in-place.ts";
import { layOut, type RequestKind } from "./in-place-layout.ts";
import { checkType } from "./pytorch-types.ts";

/** Arrays in the order of a model's arguments, or by name. */
export type PyTorchSpecs = readonly ArraySpec[] | { readonly [name: string]: ArraySpec };

/** What {@linkcode allocate} makes a request of. */
export interface PyTorchSpec<Specs extends PyTorchSpecs> {
  /** Element types and shapes in the order of the model's arguments; or by name, for a model that takes a dictionary. */
  inputs: Specs;
  /** Positions of the outputs to return; all of them when absent. */
  outputs?: readonly number[];
  /** How much the server tells about its work. @default {0} */
  debugLevel?: number;
}

/**
 * Makes a request whose arrays already lie in the message that is sent: fill them, and `predict` has nothing left to
 * encode. A request may be sent any number of times, but is not to be changed while it is under way.
 *
 * Floats lie in place, in a list those that follow each other and have the most bytes; the rest is encoded when the
 * request is sent.
 *
 * @throws {TypeError} for an element type that PyTorch processors don't take.
 * @throws {RangeError} for a shape that is not of whole lengths.
 */
export function allocate<const Specs extends PyTorchSpecs>(
  { inputs, outputs, debugLevel }: PyTorchSpec<Specs>,
): InPlaceRequest<ArraysOf<Specs>> {
  const specs: [string, ArraySpec][] = Object.entries(inputs), isMap = !Array.isArray(inputs);
  for (const [name, { dtype }] of specs) checkType(dtype, isMap ? `"${name}"` : name);
  const kind: RequestKind<PredictRequest> = {
    type: predictRequest,
    tag: isMap ? 0x1a : 0x0a,
    isMap,
    message: (arrays: readonly [string, ArrayProto][]) =>
      isMap ? { map_inputs: new Map(arrays) } : { inputs: arrays.map(([, array]) => array) },
    others: { output_filter: outputs, debug_level: debugLevel },
  };
  const [arrays, write] = layOut(specs, kind);
  const held = isMap ? Object.fromEntries(specs.map(([name], i) => [name, arrays[i]])) : arrays;
  return new InPlaceRequest(held as ArraysOf<Specs>, write); // as the specs say
}
