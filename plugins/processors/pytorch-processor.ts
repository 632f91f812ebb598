import { toArrayProto } from "../../core/array-proto.ts";
import { Tensor } from "../../core/tensor.ts";
import {
  type ArrayProto,
  decode,
  encode,
  predictRequest,
  type PredictResponse,
  predictResponse,
} from "../../protos/pytorch-predict.ts";
import type { Handler } from "./handler.ts";
import { badRequest, type Bytes, messageHandler, reading, readInput, running } from "./tensor-handler.ts";

/** What a model gives: its one result, a list when it has several, or results by name when it gives a dictionary. */
export type ModelOutputs = Tensor | readonly Tensor[] | { readonly [name: string]: Tensor };

/**
 * Computes what a model gives.
 *
 * @param inputs Tensors in the order of the model's arguments; `undefined` for one that the request left out.
 * @param named Tensors by name, of a request for a model that takes a dictionary; then there are no others.
 */
export type RunModel = (
  inputs: readonly (Tensor | undefined)[],
  named: { readonly [name: string]: Tensor },
) => ModelOutputs | Promise<ModelOutputs>;

/**
 * A handler that speaks as a PyTorch processor does: POST predicts. A body that can't be read, or asks for an output that
 * there is not, is answered with 400 and a text that says why.
 *
 * @param run Computes all outputs. The inputs are its own to keep or change; which types and shapes it takes is its own
 * matter, as a TorchScript module's. What it throws is answered with 400, as the vendor does.
 *
 * @example
 * ```ts
 * import { emulator, pytorchProcessor } from "@pai-edge/sdk/emulator";
 * import { tensor } from "@pai-edge/sdk/tensor";
 *
 * const lengths = pytorchProcessor(([rows]) => tensor(Int32Array.from(rows?.shape ?? [])));
 * const cloud = emulator({ handlers: { my_service: lengths } });
 * console.log(cloud.region);
 * ```
 */
export function pytorchProcessor(run: RunModel): Handler {
  return messageHandler(async (body: Bytes): Promise<Bytes> => {
    const { inputs = [], map_inputs = new Map<string, ArrayProto>(), output_filter = [] } = reading(() =>
      decode(predictRequest, body, { copy: true })
    );
    if (inputs.length && map_inputs.size) throw badRequest("it has inputs both by position and by name");
    const tensors = inputs.map((array, i) => isLeftOut(array) ? undefined : readInput(array, `input ${i}`));
    const named = Object.fromEntries(
      Array.from(map_inputs, ([name, array]) => [name, readInput(array, `input "${name}"`)]),
    );
    const outputs = await running(() => run(tensors, named));
    return encode(predictResponse, answer(outputs, Array.from(output_filter, Number)));
  });
}

/** Clients write an array without anything for an argument that they leave out. */
function isLeftOut(array: ArrayProto): boolean {
  return Object.values(array).every((value) => !value);
}

function answer(outputs: ModelOutputs, filter: readonly number[]): PredictResponse {
  if (!(outputs instanceof Tensor || isList(outputs))) {
    if (filter.length) throw badRequest("the model gives outputs by name, the filter has positions");
    return { map_outputs: new Map(Object.entries(outputs).map(([name, one]) => [name, write(one, name)])) };
  }
  const all = isList(outputs) ? outputs : [outputs];
  const wanted = filter.length ? filter : all.keys();
  return {
    outputs: Array.from(wanted, (position) => {
      const one = all[position];
      if (!one) throw badRequest(`the model has no output ${position}; it has ${all.length}`);
      return write(one, position);
    }),
  };
}

// Array.isArray does not tell a readonly list.
function isList(outputs: ModelOutputs): outputs is readonly Tensor[] {
  return Array.isArray(outputs);
}

function write(made: Tensor, name: string | number): ArrayProto {
  if (made.dtype !== "bool") return toArrayProto(made, `output ${JSON.stringify(name)}`);
  throw new TypeError(
    `Cannot answer: output ${JSON.stringify(name)} is bool, which the format has no field for`,
  );
}
