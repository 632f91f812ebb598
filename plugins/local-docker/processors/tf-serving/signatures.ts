import type { ModelSignature, ModelTensor } from "../../../processors/model-signature.ts";

/** An input or output; the shape is unknown where a model takes any number of axes. */
export type ServedTensor = Omit<ModelTensor, "shape"> & { readonly shape: readonly number[] | undefined };

/** One of a model's signatures. */
export interface ServedSignature {
  /** Its name. */
  readonly signatureName: string;
  /** What it takes. */
  readonly inputs: readonly ServedTensor[];
  /** What it gives. */
  readonly outputs: readonly ServedTensor[];
}

/** Signatures by name, and the one of requests that name none. */
export interface ServedSignatures {
  /** All that can be called. */
  readonly byName: ReadonlyMap<string, ServedSignature>;
  /** The one that TensorFlow saves when nothing is said, or else the only one, or the first. */
  readonly usual: ServedSignature;
}

/** What TensorFlow Serving tells of a tensor; sizes are text, as all 64-bit integers are. */
interface TensorInfo {
  dtype?: string;
  tensor_shape?: { dim?: readonly { size?: string | number }[]; unknown_rank?: boolean };
}

/**
 * Reads the answer of `GET /v1/models/NAME/metadata`.
 *
 * Source: https://www.tensorflow.org/tfx/serving/api_rest#model_metadata_api.
 *
 * @throws {TypeError} when it has no signature that can be called.
 */
export function readSignatures(answer: unknown): ServedSignatures {
  const definitions = member(member(member(answer, "metadata"), "signature_def"), "signature_def");
  const byName = new Map<string, ServedSignature>();
  for (const [name, definition] of Object.entries(Object(definitions))) {
    const inputs = tensors(member(definition, "inputs")), outputs = tensors(member(definition, "outputs"));
    // TensorFlow 2 saves what initializes a model among its signatures, without any tensor to fetch.
    if (name === "__saved_model_init_op" || outputs.length === 0) continue;
    byName.set(name, { signatureName: name, inputs, outputs });
  }
  const usual = byName.get("serving_default") ?? [...byName.values()][0];
  if (usual) return { byName, usual };
  throw new TypeError("the model has no signature; save it with one");
}

/** What a processor tells of a signature. */
export function describe({ signatureName, inputs, outputs }: ServedSignature): ModelSignature {
  // One axis where any number will do, as the format has no word for that.
  const plain = (specs: readonly ServedTensor[]): ModelTensor[] =>
    specs.map(({ name, shape = [-1], type }) => ({ name, shape, type }));
  return { signatureName, inputs: plain(inputs), outputs: plain(outputs) };
}

/** Names of inputs or outputs. */
export function names(specs: readonly ServedTensor[]): string[] {
  return specs.map(({ name }) => name);
}

function tensors(infos: unknown): ServedTensor[] {
  return Object.entries<TensorInfo>(Object(infos)).map(([name, { dtype = "DT_INVALID", tensor_shape }]) => {
    const { dim = [], unknown_rank = false } = tensor_shape ?? { unknown_rank: true };
    return { name, type: dtype, shape: unknown_rank ? undefined : dim.map(({ size }) => Number(size ?? 0)) };
  });
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name] // which it has
    : undefined;
}
