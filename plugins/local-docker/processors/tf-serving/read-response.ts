import { dtypeOf } from "../../../../core/array-proto.ts";
import { cast, type Element } from "../../../../core/cast.ts";
import { volume } from "../../../../core/dtype.ts";
import { charBytes } from "../../../../core/encoding.ts";
import { Tensor } from "../../../../core/tensor.ts";
import { JsonReader } from "./json-reader.ts";
import type { ServedTensor } from "./signatures.ts";

/**
 * Reads the answer to a request in columns: an object with a member for each output, or the one output itself.
 *
 * Source: https://www.tensorflow.org/tfx/serving/api_rest#response_format_4.
 *
 * @param specs All outputs of the signature: the answer does not tell their element types.
 * @param wanted Names of those to read.
 * @throws {SyntaxError} when it is none, or an output is missing.
 */
export function readResponse(
  text: string,
  specs: readonly ServedTensor[],
  wanted: ReadonlySet<string>,
): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  const reader = new JsonReader(text);
  const take = (name: string): void => {
    const spec = specs.find((spec) => spec.name === name);
    if (spec && wanted.has(name)) found.set(name, readTensor(reader, spec));
    else reader.skip();
  };
  reader.object((key) => {
    if (key !== "outputs") reader.skip();
    else if (specs.length === 1) take(specs[0]!.name);
    else reader.object(take);
  });
  for (const name of wanted) {
    if (!found.has(name)) throw new SyntaxError(`the answer has no output "${name}"`);
  }
  return found;
}

function readTensor(reader: JsonReader, { name, type, shape: expected }: ServedTensor): Tensor {
  const dtype = dtypeOf(type);
  if (!dtype) throw new TypeError(`output "${name}" is ${type}, which can't be sent on`);
  const elements: Element[] = [], shape: number[] = [];
  const read = dtype === "string" ? readText : dtype === "int64" ? readLong : readNumber;
  const walk = (axis: number): void => {
    if (reader.next() !== "[") return void elements.push(read(reader));
    const length = reader.list(() => walk(axis + 1));
    if ((shape[axis] ??= length) !== length) {
      throw new SyntaxError(`output "${name}" has lists of many lengths`);
    }
  };
  walk(0);
  const known = whole(shape, expected);
  if (elements.length !== volume(known)) throw new SyntaxError(`output "${name}" has lists of many depths`);
  return new Tensor(dtype, known, cast(elements, dtype));
}

/** The shape of an answer; what an empty list would hold inside is known from the signature alone. */
function whole(shape: readonly number[], expected: readonly number[] | undefined): readonly number[] {
  if (shape.at(-1) !== 0 || !expected) return shape;
  return [...shape, ...expected.slice(shape.length).map((length) => Math.max(length, 0))];
}

function readNumber(reader: JsonReader): number | boolean {
  const word = reader.word();
  if (word === "true" || word === "false") return word === "true";
  const number = Number(word);
  if (Number.isNaN(number) && word !== "NaN") throw new SyntaxError(`"${word}" is no number`);
  return number;
}

function readLong(reader: JsonReader): bigint {
  return BigInt(reader.word());
}

/** Bytes come in an object, from outputs whose names end in `_bytes`; other text as it is. */
function readText(reader: JsonReader): string | Uint8Array {
  if (reader.next() !== "{") return reader.string();
  let bytes = new Uint8Array();
  reader.object(() => bytes = charBytes(atob(reader.string())));
  return bytes;
}
