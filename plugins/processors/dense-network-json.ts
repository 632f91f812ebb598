import type { ModelTensor } from "./model-signature.ts";

/** What a layer makes of each weighted sum. */
export type Activation = "linear" | "relu" | "sigmoid" | "softmax" | "tanh";

/** A layer in which every unit sees all values of the one before. */
export interface DenseLayer {
  /** Number of values that it takes. */
  readonly inputs: number;
  /** Number of values that it gives. */
  readonly units: number;
  /** What it makes of each sum. */
  readonly activation: Activation;
  /** A row of `units` weights for each input, one row after the other. */
  readonly weights: Float32Array;
  /** What each unit's sum is increased by. */
  readonly bias: Float32Array;
}

/** An output: the values of one layer. */
export interface DenseOutput extends ModelTensor {
  /** Index of the layer. */
  readonly layer: number;
}

/** What a file of the format `dense-network/1` holds. */
export interface DenseNetworkFile {
  /** Framework that trained the network, and its version, such as `tensorflow 2.15.1`. */
  readonly framework: string;
  /** Name of its signature; TensorFlow's models have one. */
  readonly signatureName?: string;
  /** What the network takes: one tensor of batches. */
  readonly input: ModelTensor;
  /** What it gives: the values of some of its layers. */
  readonly outputs: readonly DenseOutput[];
  /** The layers, from the input to the output. */
  readonly layers: readonly DenseLayer[];
}

type Json = { readonly [key: string]: unknown };

/**
 * Reads a network as `examples/digits/train.py` writes it.
 *
 * @param activations The activations that the caller can compute.
 * @throws {Error} when the text is no such file, is inconsistent, or has anything that is unknown here.
 */
export function parseDenseNetwork(text: string, activations: readonly string[]): DenseNetworkFile {
  const file = object(parseJson(text), "the file", [
    "format",
    "framework",
    "signature_name",
    "inputs",
    "outputs",
    "layers",
  ]);
  if (file.format !== "dense-network/1") refuse("format", file.format, '"dense-network/1"');
  const input = modelTensor(list(file.inputs, "inputs", 1)[0], "inputs[0]");
  let size = input.shape.slice(1).reduce((product, length) => product * length, 1);
  const layers = list(file.layers, "layers").map((value, i) => {
    const layer = denseLayer(value, `layers[${i}]`, size, activations);
    size = layer.units;
    return layer;
  });
  const names = new Set<string>();
  return {
    framework: string(file.framework, "framework"),
    signatureName: "signature_name" in file ? string(file.signature_name, "signature_name") : undefined,
    input,
    outputs: list(file.outputs, "outputs").map((value, i) => {
      const output = outputOf(value, `outputs[${i}]`, layers);
      if (names.has(output.name)) refuse(`outputs[${i}].name`, output.name, "a name of its own");
      names.add(output.name);
      return output;
    }),
    layers,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error("Cannot load dense network: the text is not JSON", { cause });
  }
}

function outputOf(value: unknown, where: string, layers: readonly DenseLayer[]): DenseOutput {
  const { layer, ...spec } = object(value, where, ["name", "shape", "type", "layer"]);
  const { units } = (typeof layer === "number" ? layers[layer] : undefined) ??
    refuse(`${where}.layer`, layer, `a whole number below ${layers.length}`);
  const made = modelTensor(spec, where);
  if (made.shape.join() !== `-1,${units}`) refuse(`${where}.shape`, made.shape, `[-1,${units}]`);
  return { ...made, layer: Number(layer) };
}

function modelTensor(value: unknown, where: string): ModelTensor {
  const { name, shape, type } = object(value, where, ["name", "shape", "type"]);
  if (type !== "DT_FLOAT") refuse(`${where}.type`, type, '"DT_FLOAT"');
  const [batch, ...lengths] = list(shape, `${where}.shape`);
  if (batch !== -1) refuse(`${where}.shape[0]`, batch, "-1, for the batch");
  const rest = lengths.map((length, i) => whole(length, `${where}.shape[${i + 1}]`));
  return { name: string(name, `${where}.name`), shape: [-1, ...rest], type };
}

function denseLayer(
  value: unknown,
  where: string,
  inputs: number,
  activations: readonly string[],
): DenseLayer {
  const { activation, ...layer } = object(value, where, ["units", "activation", "weights", "bias"]);
  if (!isActivation(activation, activations)) {
    refuse(`${where}.activation`, activation, `one of ${activations.join(", ")}`);
  }
  const units = whole(layer.units, `${where}.units`);
  const weights = list(layer.weights, `${where}.weights`, inputs)
    .flatMap((row, i) => numbers(row, `${where}.weights[${i}]`, units));
  const bias = numbers(layer.bias, `${where}.bias`, units);
  return {
    inputs,
    units,
    activation,
    weights: Float32Array.from(weights),
    bias: Float32Array.from(bias),
  };
}

function isActivation(value: unknown, activations: readonly unknown[]): value is Activation {
  return activations.includes(value);
}

/** An object without members that would be overlooked. */
function object(value: unknown, where: string, known: readonly string[]): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(where, value, "an object");
  const found: Json = { ...value };
  const unknown = Object.keys(found).find((key) => !known.includes(key));
  return unknown === undefined ? found : fail(`${where} has the unknown member "${unknown}"`);
}

function list(value: unknown, where: string, length?: number): readonly unknown[] {
  if (!Array.isArray(value)) refuse(where, value, "a list");
  if (length === undefined ? value.length > 0 : value.length === length) return value;
  return fail(`${where} has length ${value.length}, expected ${length ?? "at least 1"}`);
}

function numbers(value: unknown, where: string, length: number): readonly number[] {
  return list(value, where, length).map((item, i) =>
    typeof item === "number" && Number.isFinite(Math.fround(item))
      ? item
      : refuse(`${where}[${i}]`, item, "a number that float32 can hold")
  );
}

function whole(value: unknown, where: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value < 2 ** 24) return value;
  return refuse(where, value, "a whole number from 1");
}

function string(value: unknown, where: string): string {
  return typeof value === "string" && value ? value : refuse(where, value, "a text");
}

/** Refuses a file for what it has in one place; shown is a short piece of it, whatever it is. */
function refuse(where: string, found: unknown, expected: string): never {
  return fail(`${where} is ${(JSON.stringify(found) ?? "missing").slice(0, 60)}, expected ${expected}`);
}

function fail(state: string): never {
  throw new Error(`Cannot load dense network: ${state}`);
}
