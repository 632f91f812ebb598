import type { FeatureList, FeatureLists, FeatureMap, FeatureScalars } from "../../protos/torchrec-predict.ts";

/** The words that the names of a feature's fields are made of. */
export type Word = keyof FeatureScalars;

/** How each type takes a value; `undefined` when it can't. */
const conversions: { readonly [W in Word]: (value: unknown) => FeatureScalars[W] | undefined } = {
  string: (value) => typeof value === "string" ? value : undefined,
  int(value) {
    const int = typeof value === "bigint" ? Number(value) : value as number;
    return (int | 0) === int ? int : undefined; // which holds for nothing but integers
  },
  long(value) {
    const long = Number.isSafeInteger(value) ? BigInt(value as number) : value;
    return typeof long === "bigint" && BigInt.asIntN(64, long) === long ? long : undefined;
  },
  float(value) {
    const fits = typeof value === "number" && Number.isFinite(value) === Number.isFinite(Math.fround(value));
    return fits ? value : undefined;
  },
  double: (value) => typeof value === "number" ? value : undefined,
};

/** Typed arrays that are sent as they are. */
const arrays = { int: Int32Array, long: BigInt64Array, float: Float32Array, double: Float64Array };

/**
 * A value for a field.
 *
 * @throws {TypeError} or {RangeError} when the field can't hold it.
 */
export function toScalar<W extends Word>(word: W, value: unknown, what: string): FeatureScalars[W] {
  return conversions[word](value) ?? refuse(value, what, word);
}

/** A list for a field: the typed array itself when it is of the field's type. */
export function toList(word: Word, value: unknown, what: string): FeatureList<unknown> {
  const List = word === "string" ? Array : arrays[word];
  if (word !== "string" && value instanceof List) return { features: value };
  const from = List.from as typeof Array.from; // all have the same one
  return { features: from.call(List, itemsOf(value, what), (item) => toScalar(word, item, what)) };
}

/** Lists for a field. */
export function toLists(word: Word, value: unknown, what: string): FeatureLists<unknown> {
  return { lists: Array.from(itemsOf(value, what), (list) => toList(word, list, what)) };
}

/** A map for a field. Integers may be written as decimal text in its keys, which those of records always are. */
export function toMap(key: Word, word: Word, value: unknown, what: string): FeatureMap<unknown, unknown> {
  const entries: Iterable<[unknown, unknown]> = value instanceof Map
    ? value
    : isRecord(value)
    ? Object.entries(value)
    : refuse(value, what, "map");
  const toKey = (name: unknown): unknown =>
    toScalar(key, key !== "string" && isDecimal(name) ? BigInt(name) : name, what);
  return {
    map_field: new Map(Array.from(entries, ([name, item]) => [toKey(name), toScalar(word, item, what)])),
  };
}

/** The items of an array or a typed array. */
export function itemsOf(value: unknown, what: string): ArrayLike<unknown> {
  const isList = Array.isArray(value) || ArrayBuffer.isView(value) && !(value instanceof DataView);
  return isList ? value as ArrayLike<unknown> : refuse(value, what, "list");
}

/** Whether text is a number of as many digits as one of 64 bits can have. */
function isDecimal(value: unknown): value is string {
  return typeof value === "string" && /^-?\d{1,19}$/.test(value);
}

/** Whether a value is an object without a class, wherever it was made. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether a value holds nothing: `null`, `undefined`, an empty list, map or record. Text and numbers hold something. */
export function isEmpty(value: unknown): boolean {
  if (ArrayBuffer.isView(value) && (value.buffer as ArrayBuffer).detached) {
    throw new TypeError("Cannot send a feature: the memory of its array is gone");
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return (value as ArrayLike<unknown>).length === 0;
  if (value instanceof Map) return value.size === 0;
  return value === undefined || value === null || isRecord(value) && Object.keys(value).length === 0;
}

/** What a value is, without showing it. */
export function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

/** What the types are called where their ranges are known. */
const names: { readonly [word: string]: string } = { int: "int32", long: "int64" };

function refuse(value: unknown, what: string, word: Word | "list" | "map"): never {
  const isInteger = word === "int" || word === "long";
  const isNumber = typeof value === "number"
    ? isInteger || word === "float"
    : typeof value === "bigint" && isInteger;
  const hint = isNumber && word === "long" && Number.isInteger(value)
    ? "; beyond 2^53 it takes a bigint"
    : "";
  const problem = `Cannot send ${what}: ${isNumber ? value : kindOf(value)} is no ${
    names[word] ?? word
  }${hint}`;
  throw isNumber ? new RangeError(problem) : new TypeError(problem);
}
