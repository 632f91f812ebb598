import { PaiError } from "../../core/errors.ts";
import type { PredictOptions, Predictor } from "../../core/predictor.ts";

/** An input or output of a model. */
export interface TensorSpec {
  /** Its name. */
  readonly name: string;
  /** Length of each axis; `-1` for one that varies, such as the batch. */
  readonly shape: readonly number[];
  /** Element type as the service calls it, such as `DT_FLOAT`. */
  readonly type: string;
}

/** What a model takes and gives. */
export interface SignatureDef {
  /** Its name. */
  readonly signatureName: string;
  /** What it takes. */
  readonly inputs: readonly TensorSpec[];
  /** What it gives. */
  readonly outputs: readonly TensorSpec[];
}

/**
 * Asks a service with a TensorFlow processor for its model's signature.
 *
 * @throws {PredictionError} when the service refuses.
 * @throws {PaiError} with the code `NoSignature` when the answer is no signature; what was answered is not repeated.
 */
export async function inspectSignatureDef(
  predictor: Pick<Predictor, "rawPredict">,
  options?: PredictOptions,
): Promise<SignatureDef> {
  const answer = await predictor.rawPredict(undefined, { ...options, method: "GET" });
  const text = await answer.text();
  try {
    const { signature_name: signatureName, inputs, outputs } = JSON.parse(text);
    return { signatureName, inputs: inputs.map(readSpec), outputs: outputs.map(readSpec) };
  } catch { // whose error would quote the answer
    throw new PaiError("Cannot inspect the signature: no inputs", { code: "NoSignature" });
  }
}

/** Throws for what is no such thing. */
function readSpec({ name, shape, type }: TensorSpec): TensorSpec {
  return { name: `${name}`, shape: shape.map(Number), type: `${type}` };
}
