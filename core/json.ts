import { utf8 } from "./encoding.ts";
import type { Serializer } from "./serializer.ts";

/** Options of {@linkcode json}. */
export interface JsonOptions {
  /** What to do with NaN and the infinities, which JSON can't write. @default {"refuse"} */
  nonFinite?: "refuse" | "null";
  /**
   * What to do with integers beyond ±(2^53 − 1), which many readers round: refuse, write them as strings, or
   * round them here. Elements of float arrays are never taken for integers. @default {"refuse"}
   */
  unsafeIntegers?: "refuse" | "string" | "round";
}

/** Reads and writes JSON, the format of most processors and web servers. */
export function json<Output = unknown>(options?: JsonOptions): Serializer<unknown, Output> {
  return {
    contentType: "application/json",
    serialize: (input) => stringify(input, options),
    deserialize: (body) => body.length ? JSON.parse(new TextDecoder().decode(body)) : undefined,
  };
}

/**
 * Writes UTF-8 JSON as `JSON.stringify` does, plus typed arrays and tensors as lists and safe bigints as numbers.
 *
 * @throws {RangeError} for a number that JSON or its readers can't keep, naming its key.
 * @throws {TypeError} for a value that has no JSON form, or that contains itself.
 */
export function stringify(
  value: unknown,
  { nonFinite, unsafeIntegers }: JsonOptions = {},
): Uint8Array<ArrayBuffer> {
  const floats = new Set<unknown>(); // lists whose elements are floats even when they have no fraction
  const text = JSON.stringify(value, function (this: unknown, key, value: unknown) {
    const refuse = (why: string): never => {
      throw new RangeError(`Cannot write ${value}${key && ` at "${key}"`} as JSON: ${why}`);
    };
    if (ArrayBuffer.isView(value)) {
      const list = Array.from(value as Float32Array); // whatever the elements are
      if (value instanceof Float32Array || value instanceof Float64Array) floats.add(list);
      return list;
    }
    if (typeof value !== "number" && typeof value !== "bigint") return value;
    const number = Number(value);
    if (!Number.isFinite(number)) {
      return nonFinite ? null : refuse("see the option nonFinite");
    }
    if (Number.isSafeInteger(number) || !Number.isInteger(number) || floats.has(this)) return number;
    if (unsafeIntegers === "string") return `${BigInt(value)}`;
    return unsafeIntegers ? number : refuse("see the option unsafeIntegers");
  });
  if (text === undefined) throw new TypeError(`Cannot write ${typeof value} as JSON`);
  return utf8(text);
}
