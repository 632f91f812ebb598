import { type Long, toLong } from "./protobuf-long.ts";

/** Nesting that protobufjs still reads and writes. */
const deepest = 100;

/**
 * Makes of a caller's value what protobufjs writes right: bigints as halves, maps as objects, buffers as bytes. Fields
 * that are `null` or `undefined` count as not given.
 *
 * @param path Where the value is, for errors.
 * @throws {TypeError} or {RangeError} for what no message holds, naming its path.
 */
export function encodable(value: unknown, path = "", depth = 0): unknown {
  if (depth > deepest) {
    throw new TypeError(`Cannot write "${path.slice(0, 60)}…" as protobuf: nested too deeply`);
  }
  switch (typeof value) {
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return halves(value, path);
    case "string":
      if (value.isWellFormed()) return value;
      throw new TypeError(`Cannot write "${path}" as protobuf: the text has half a surrogate pair`);
    case "object":
      if (value !== null) return encodableObject(value, path, depth + 1);
  }
  throw new TypeError(
    `Cannot write "${path}" as protobuf: ${value === null ? null : typeof value} has no place there`,
  );
}

function encodableObject(value: object, path: string, depth: number): unknown {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof DataView) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) return longs(value);
  if (ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item === "number")) return value; // may be long
    return Array.from(value, (item, i) => encodable(item, `${path}[${i}]`, depth));
  }

  const isMap = value instanceof Map;
  const tag = Object.prototype.toString.call(value).slice(8, -1); // a date, a set and the like would become {}
  if (!isMap && tag !== "Object") throw new TypeError(`Cannot write "${path}" as protobuf: it is a ${tag}`);
  const object: Record<string, unknown> = Object.create(null); // where "__proto__" is a key like any other
  for (const [name, item] of isMap ? value : Object.entries(value)) {
    if (!isMap && (item === undefined || item === null)) continue;
    const at = pathTo(path, `${name}`);
    object[encodable(`${name}`, at) as string] = encodable(item, at, depth);
  }
  return isMap ? inOrder(object, Array.from(value.keys(), String)) : object;
}

/** An object whose keys come in an order of their own: integer-like ones would else come first, by their size. */
function inOrder(object: object, keys: readonly string[]): object {
  const names = [...new Set(keys)];
  return new Proxy(object, { ownKeys: () => names });
}

function halves(value: bigint, path: string): Long {
  const long = toLong(value);
  if (long) return long;
  throw new RangeError(`Cannot write "${path}" as protobuf: the integer has more than 64 bits`);
}

/** As every typed array here, these are little-endian. */
function longs(value: BigInt64Array | BigUint64Array): Long[] {
  const halves = new Int32Array(value.buffer, value.byteOffset, value.length * 2);
  const isUnsigned = value instanceof BigUint64Array;
  return Array.from({ length: value.length }, (_, i) => {
    const high = halves[2 * i + 1]!;
    return { low: halves[2 * i]!, high, unsigned: isUnsigned && high < 0 };
  });
}

/** Path of a field or of an entry of a map. Keys come from callers' data and may be long. */
export function pathTo(path: string, key: string): string {
  const name = key.length > 60 ? `${key.slice(0, 60)}…` : key;
  if (!/^[a-z_$][\w$]*$/i.test(key)) return `${path}[${JSON.stringify(name)}]`;
  return path ? `${path}.${name}` : name;
}
