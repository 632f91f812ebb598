import { fits } from "../../core/array-proto.ts";
import { Tensor } from "../../core/tensor.ts";
import {
  type Activation,
  type DenseLayer,
  type DenseNetworkFile,
  parseDenseNetwork,
} from "./dense-network-json.ts";
import type { ModelSignature } from "./model-signature.ts";

// Rows are Float32Arrays, so that every store rounds to float32, as TensorFlow and PyTorch do. Math.exp and Math.tanh of
// float64, rounded, are within one unit in the last place of theirs.
const activations: { readonly [Name in Activation]: (row: Float32Array) => void } = {
  linear() {},
  relu: (row) => each(row, (x) => Math.max(x, 0)),
  sigmoid: (row) => each(row, (x) => 1 / (1 + Math.exp(-x))),
  softmax(row) {
    const largest = row.reduce((most, x) => Math.max(most, x), -Infinity); // exp of the others can't overflow
    each(row, (x) => Math.exp(x - largest));
    const sum = row.reduce((total, x) => total + x, 0);
    each(row, (x) => x / sum);
  },
  tanh: (row) => each(row, Math.tanh),
};

/**
 * A network of dense layers that TensorFlow or PyTorch trained, evaluated in float32 as they do. The outputs of the networks
 * in `examples/digits` differ from those of the frameworks by less than 1e-6, relative to the larger of 1 and the output.
 */
export class DenseNetwork {
  readonly #file: DenseNetworkFile;

  private constructor(file: DenseNetworkFile) {
    this.#file = file;
  }

  /**
   * Loads a network from the text of a file of the format `dense-network/1`.
   *
   * @throws {Error} when the text is no such file, is inconsistent, or has what is not supported; the message names it.
   */
  static parse(text: string): DenseNetwork {
    return new DenseNetwork(parseDenseNetwork(text, Object.keys(activations)));
  }

  /** Framework that trained the network, and its version, such as `tensorflow 2.15.1`. */
  get framework(): string {
    return this.#file.framework;
  }

  /** What it takes and gives; the name is empty where the file has none. */
  get signature(): ModelSignature {
    const { signatureName = "", input, outputs } = this.#file;
    return { signatureName, inputs: [input], outputs };
  }

  /**
   * Computes all outputs, in the order of the signature.
   *
   * @throws {RangeError} when there is another number of inputs than one, or it has another shape than the signature's.
   * @throws {TypeError} when the input is not of float32.
   */
  run(inputs: readonly (Tensor | undefined)[]): Tensor<"float32">[] {
    const { input: { shape }, layers, outputs } = this.#file;
    const [input] = inputs;
    if (!input || inputs.length !== 1) {
      throw new RangeError(`Cannot run the network: it takes 1 input, got ${inputs.length}`);
    }
    if (!isFloat32(input)) {
      throw new TypeError(`Cannot run the network: the input is ${input.dtype}, not float32`);
    }
    const [rows] = input.shape;
    if (rows === undefined || !fits(input.shape, shape)) {
      const found = input.shape.join(", ");
      throw new RangeError(
        `Cannot run the network: the input has the shape [${found}], not [${shape.join(", ")}]`,
      );
    }
    let values = input.data;
    const results = layers.map((layer) => {
      values = compute(layer, values, rows);
      return new Tensor("float32", [rows, layer.units], values);
    });
    return outputs.map(({ layer }) => results[layer]!); // which the loader has checked
  }
}

/**
 * Adds up the products in the order of the inputs, each with one rounding (a fused multiply-add), and the bias in the end: so
 * the first layer of PyTorch's network comes out bit for bit. A product of two float32 is exact in float64, and what
 * rounds is storing the sum. The loader has checked all lengths.
 */
function compute(
  { inputs, units, activation, weights, bias }: DenseLayer,
  values: Float32Array,
  rows: number,
): Float32Array<ArrayBuffer> {
  const made = new Float32Array(rows * units);
  for (let row = 0; row < rows; row++) {
    const sums = made.subarray(row * units, (row + 1) * units);
    for (let i = 0; i < inputs; i++) {
      const value = values[row * inputs + i]!;
      for (let unit = 0; unit < units; unit++) sums[unit]! += value * weights[i * units + unit]!;
    }
    for (let unit = 0; unit < units; unit++) sums[unit]! += bias[unit]!;
    activations[activation](sums);
  }
  return made;
}

function each(row: Float32Array, change: (x: number) => number): void {
  for (let i = 0; i < row.length; i++) row[i] = change(row[i]!);
}

function isFloat32(input: Tensor): input is Tensor<"float32"> {
  return input.dtype === "float32";
}
