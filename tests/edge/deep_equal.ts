/**
 * Whether two values are deeply equal as `node:assert/strict` sees it: same prototypes, same own enumerable
 * keys and symbols, `Object.is` on primitives, content for dates, buffers, maps, sets and errors.
 */
export function deepEqual(a: unknown, b: unknown, seen: Seen = new Map()): boolean {
  if (Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b) || tag(a) !== tag(b)) return false;
  if (typeof a === "function" || typeof b === "function") return false;

  // A pair that is being compared already counts as equal, so that cycles end.
  const partners = seen.get(a) ?? new Set();
  if (partners.has(b)) return true;
  seen.set(a, partners.add(b));
  const equal = sameContent(a, b, seen) && sameProperties(a, b, seen);
  if (!equal) partners.delete(b);
  return equal;
}

type Seen = Map<object, Set<object>>;

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function tag(value: object): string {
  return Object.prototype.toString.call(value);
}

/** Compares what an object holds beside its properties. */
function sameContent(a: object, b: object, seen: Seen): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length;
  if (ArrayBuffer.isView(a)) return ArrayBuffer.isView(b) && sameBytes(a, b);
  if (a instanceof ArrayBuffer) {
    return b instanceof ArrayBuffer && sameBytes(new Uint8Array(a), new Uint8Array(b));
  }
  if (a instanceof Date) return b instanceof Date && Object.is(a.getTime(), b.getTime());
  if (a instanceof RegExp) {
    return b instanceof RegExp && String(a) === String(b) && a.lastIndex === b.lastIndex;
  }
  if (a instanceof URL) return b instanceof URL && a.href === b.href;
  if (a instanceof Set) return b instanceof Set && sameSet(a, b, seen);
  if (a instanceof Map) return b instanceof Map && sameMap(a, b, seen);
  if (a instanceof Error) return b instanceof Error && sameError(a, b, seen);
  if (a instanceof WeakMap || a instanceof WeakSet || a instanceof Promise) return false;
  if (isBoxed(a)) return isBoxed(b) && Object.is(a.valueOf(), b.valueOf());
  return true;
}

function isBoxed(value: object): boolean {
  return /^\[object (Number|String|Boolean|BigInt|Symbol)\]$/.test(tag(value)) && !isObject(value.valueOf());
}

function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const x = new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  const y = new Uint8Array(b.buffer, b.byteOffset, b.byteLength);
  return x.every((byte, i) => byte === y[i]);
}

function sameSet(a: Set<unknown>, b: Set<unknown>, seen: Seen): boolean {
  if (a.size !== b.size) return false;
  return matchAll(
    [...a].filter((x) => !b.has(x)),
    [...b].filter((y) => !a.has(y)),
    (x, y) => isObject(x) && isObject(y) && deepEqual(x, y, seen),
  );
}

function sameMap(a: Map<unknown, unknown>, b: Map<unknown, unknown>, seen: Seen): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.has(key) && !deepEqual(value, b.get(key), seen)) return false;
  return matchAll(
    [...a].filter(([key]) => !b.has(key)),
    [...b].filter(([key]) => !a.has(key)),
    ([k, v], [l, w]) => isObject(k) && isObject(l) && deepEqual(k, l, seen) && deepEqual(v, w, seen),
  );
}

/** Whether each of `as` has a partner of its own among `bs`. Equality is transitive, so the first one will do. */
function matchAll<T>(as: T[], bs: T[], equal: (a: T, b: T) => boolean): boolean {
  const left = [...bs];
  return as.length === bs.length && as.every((a) => {
    const at = left.findIndex((b) => equal(a, b));
    return at >= 0 && left.splice(at, 1).length === 1;
  });
}

/** An error's telling fields are not enumerable. */
function sameError(a: Error, b: Error, seen: Seen): boolean {
  const own = (error: Error, key: string): unknown => Object.getOwnPropertyDescriptor(error, key)?.value;
  return a.name === b.name && a.message === b.message &&
    ["cause", "errors"].every((key) =>
      Object.hasOwn(a, key) === Object.hasOwn(b, key) && deepEqual(own(a, key), own(b, key), seen)
    );
}

function sameProperties(a: object, b: object, seen: Seen): boolean {
  const keys = enumerableKeys(a);
  return keys.length === enumerableKeys(b).length &&
    keys.every((key) =>
      Object.prototype.propertyIsEnumerable.call(b, key) &&
      deepEqual(Reflect.get(a, key), Reflect.get(b, key), seen)
    );
}

/** A typed array's elements were compared as bytes; there may be millions. */
function enumerableKeys(value: object): PropertyKey[] {
  const symbols = Object.getOwnPropertySymbols(value)
    .filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
  const names = Object.keys(value);
  return [...(ArrayBuffer.isView(value) ? names.filter((name) => !/^\d+$/.test(name)) : names), ...symbols];
}
