import { utf8 } from "./encoding.ts";
import type { Serializer } from "./serializer.ts";

/** Options of {@linkcode json}. */
export interface JsonOptions {
  /** Writes NaN and the infinities, which JSON doesn't have, as `null`; they are refused when absent. */
  nonFinite?: "null";
  /**
   * Writes integers beyond ±(2^53 − 1), which many readers round, as strings; they are refused when absent. Elements
   * of float arrays are never taken for integers.
   */
  unsafeIntegers?: "string";
}

/** Reads and writes JSON, the format of most processors and web servers. */
export function json<Output = unknown>(options?: JsonOptions): Serializer<unknown, Output> {
  return {
    contentType: "application/json",
    serialize: (input) => stringify(input, options),
    deserialize: parse,
  };
}

function parse<Output>(body: Uint8Array<ArrayBuffer>): Output {
  try {
    return (body.length ? JSON.parse(new TextDecoder().decode(body)) : undefined) as Output; // the caller says what it is
  } catch {
    throw new SyntaxError("not JSON"); // the parser's own error quotes what it read, which may be secret
  }
}

/**
 * Writes UTF-8 JSON as `JSON.stringify` does, plus typed arrays and tensors as lists and safe bigints as numbers.
 * Objects like `new String("a")` count as the objects they are.
 *
 * @throws {RangeError} for a number that JSON or its readers can't keep, naming its key.
 * @throws {TypeError} for a value that has no JSON form, contains itself, or is nested deeper than 1000.
 */
export function stringify(value: unknown, options: JsonOptions = {}): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify(plain(value, "", options));
  if (text === undefined) throw new TypeError(`Cannot write ${typeof value} as JSON`);
  return utf8(text);
}

/** A copy that `JSON.stringify` writes by itself, in half the time that it takes when it calls back for each value. */
function plain(
  value: unknown,
  key: string | number,
  options: JsonOptions,
  depth = 0,
  isFloat = false,
): unknown {
  if (typeof value === "number" || typeof value === "bigint") {
    const isInteger = typeof value === "bigint" || (!isFloat && Number.isInteger(value));
    if (isInteger ? Number.isSafeInteger(Number(value)) : Number.isFinite(value)) return Number(value);
    const option = isInteger ? "unsafeIntegers" : "nonFinite";
    if (options[option]) return isInteger ? `${BigInt(value)}` : null;
    throw new RangeError(`Cannot write ${value} at "${key}" as JSON: see the option ${option}`);
  }
  if (typeof value !== "object" || value === null) return value;
  if (depth > 1000) throw new TypeError("Cannot write as JSON: circular"); // nobody nests so deep on purpose
  const { toJSON, dtype } = value as { toJSON?: unknown; dtype?: unknown }; // any object may have them
  const isView = ArrayBuffer.isView(value), isOwn = typeof toJSON === "function";
  const areFloats = isFloat || isView || (isOwn && dtype !== undefined); // or a tensor's integers, which are bigints when large
  const inside = (item: unknown, key: string | number): unknown =>
    typeof item === "number" && item % 1 ? item : plain(item, key, options, depth + 1, areFloats); // a fraction is fine
  if (isOwn) return inside(toJSON.call(value, key), key);
  if (isView) return [...value as Float32Array].map(inside); // spread, since a DataView isn't iterable and so refused
  if (Array.isArray(value)) return value.map(inside);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inside(item, key)]));
}
