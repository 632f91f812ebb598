import { dtypeOf, fits, toArrayProto, typeNumber } from "../../core/array-proto.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { ArrayProto } from "../../protos/array-proto.ts";
import { decode, encode, predictRequest, predictResponse } from "../../protos/tf-predict.ts";
import type { ModelSignature, ModelTensor, TensorsOf } from "./model-signature.ts";
import type { Handler } from "./handler.ts";
import {
  badRequest,
  type Bytes,
  messageHandler,
  reading,
  readInput,
  refuseUnknown,
  running,
  typeName,
} from "./tensor-handler.ts";

/** Options of {@linkcode tensorflowProcessor}. */
export interface TensorFlowProcessorOptions<Inputs extends readonly ModelTensor[] = readonly ModelTensor[]> {
  /** What the model takes and gives. */
  signature: ModelSignature<Inputs>;
  /**
   * Computes all outputs. The inputs fit the signature, and are its own to keep or change. What it throws is answered
   * with 400, as the vendor does.
   */
  run(
    inputs: TensorsOf<Inputs>,
  ): { readonly [name: string]: Tensor } | Promise<{ readonly [name: string]: Tensor }>;
}

/**
 * A handler that speaks as a TensorFlow processor does: GET tells the signature, POST predicts. A request that does not
 * fit the signature is answered with 400 and a text that says why.
 *
 * @example
 * ```ts
 * import { emulator, tensorflowProcessor } from "@pai-edge/sdk/emulator";
 * import { tensor } from "@pai-edge/sdk/tensor";
 *
 * const doubled = tensorflowProcessor({
 *   signature: {
 *     signatureName: "serving_default",
 *     inputs: [{ name: "x", shape: [-1, 2], type: "DT_FLOAT" }],
 *     outputs: [{ name: "y", shape: [-1, 2], type: "DT_FLOAT" }],
 *   },
 *   run: ({ x }) => ({ y: tensor(x.data.map((value) => 2 * value), x.shape) }),
 * });
 * const cloud = emulator({ handlers: { my_service: doubled } });
 * console.log(cloud.region);
 * ```
 *
 * @throws {TypeError} when the signature has an unknown element type. The handler itself throws when the outputs
 * do not fit the signature, which a gateway answers with 500.
 */
export function tensorflowProcessor<const Inputs extends readonly ModelTensor[]>(
  { signature, run }: TensorFlowProcessorOptions<Inputs>,
): Handler {
  const { signatureName, inputs, outputs } = signature;
  for (const { name, type } of [...inputs, ...outputs]) {
    if (typeNumber(type) >= 0 && dtypeOf(type)) continue;
    throw new TypeError(
      `Cannot make a processor: "${name}" has the unknown element type "${type}"; one is "DT_FLOAT"`,
    );
  }

  async function answer(body: Bytes): Promise<Bytes> {
    const request = reading(() => decode(predictRequest, body, { copy: true }));
    if (request.signature_name && request.signature_name !== signatureName) {
      throw badRequest(`the model has the signature "${signatureName}", not "${request.signature_name}"`);
    }
    const given = request.inputs ?? new Map<string, ArrayProto>();
    refuseUnknown("input", given.keys(), inputs);
    const tensors = Object.fromEntries(
      inputs.map((spec) => [spec.name, checked(given.get(spec.name), spec)]),
    );
    const wanted = new Set(request.output_filter);
    refuseUnknown("output", wanted, outputs);
    // each was checked to be what the signature says
    const results = await running(() => run(tensors as unknown as TensorsOf<Inputs>));
    const sent = wanted.size ? outputs.filter(({ name }) => wanted.has(name)) : outputs;
    return encode(predictResponse, {
      outputs: new Map(sent.map((spec) => [spec.name, writeOutput(results, spec)])),
    });
  }
  return messageHandler(answer, () => describeSignature(signature));
}

/** What a processor answers GET with. */
export function describeSignature({ signatureName, inputs, outputs }: ModelSignature): Response {
  const plain = (specs: readonly ModelTensor[]): ModelTensor[] =>
    specs.map(({ name, shape, type }) => ({ name, shape, type }));
  return Response.json(
    { signature_name: signatureName, inputs: plain(inputs), outputs: plain(outputs) },
    { headers: { "content-type": "application/json" } }, // runtimes differ in what they write
  );
}

function checked(array: ArrayProto | undefined, { name, shape, type }: ModelTensor): Tensor {
  const what = `input "${name}"`;
  if (!array) throw badRequest(`${what} is missing`);
  const made = readInput(array, what);
  if (array.dtype !== typeNumber(type)) {
    throw badRequest(`${what} is ${typeName(array.dtype)}, the model takes ${type}`);
  }
  if (fits(made.shape, shape)) return made;
  throw badRequest(`${what} has the shape [${made.shape.join(", ")}], the model takes [${shape.join(", ")}]`);
}

function writeOutput(
  results: { readonly [name: string]: Tensor },
  { name, shape, type }: ModelTensor,
): ArrayProto {
  const made = Object.hasOwn(results, name) ? results[name] : undefined;
  if (made && made.dtype === dtypeOf(type) && fits(made.shape, shape)) {
    return toArrayProto(made, `output "${name}"`, typeNumber(type));
  }
  const found = made ? `${made.dtype} [${made.shape.join(", ")}]` : "missing";
  throw new TypeError(`Cannot answer: output "${name}" is ${found}, not ${type} [${shape.join(", ")}]`);
}
