import { didYouMean } from "./closest.ts";
import { pathTo } from "./protobuf-input.ts";
import { isLong, type Long, toBigInt, toLong } from "./protobuf-long.ts";

/**
 * Compares what was to be written with what a reader gets, since protobufjs writes what it doesn't understand as zero,
 * cuts it off or leaves it out. Knows no schema but what the read message shows: its class has every field.
 *
 * @throws {TypeError} or {RangeError} at the first difference, naming its path.
 */
export function assertKept(given: unknown, read: unknown, path = ""): void {
  if (same(given, read)) return;
  if (typeof read !== "object" || read === null || isLong(read)) refuse(given, read, path);
  if (Array.isArray(read) || read instanceof Uint8Array) return assertItems(given, read, path);
  if (typeof given !== "object" || given === null || isList(given)) refuse(given, read, path);
  if (Object.getPrototypeOf(read) === Object.prototype) assertEntries(given, read, path);
  else assertFields(given, read, path);
}

function assertItems(given: unknown, read: List, path: string): void {
  if (!isList(given) || given.length !== read.length) refuse(given, read, path);
  if (read instanceof Uint8Array && (given.BYTES_PER_ELEMENT ?? 1) !== 1) refuse(given, read, path);
  for (let i = 0; i < read.length; i++) {
    if (!same(given[i], read[i])) assertKept(given[i], read[i], `${path}[${i}]`);
  }
}

/** A map is a plain object, whose integer keys of 64 bits are 8 characters. */
function assertEntries(given: object, read: object, path: string): void {
  for (const [key, value] of Object.entries(given)) {
    const at = pathTo(path, key);
    const name = [key, hash(key)].find((name) => name !== undefined && Object.hasOwn(read, name));
    if (name === undefined) {
      throw new TypeError(`Cannot write "${at}" as protobuf: the map takes no such key`);
    }
    assertKept(value, Reflect.get(read, name), at);
  }
}

/** A message is of a class whose prototype has every field, at its default or `null`. */
function assertFields(given: object, read: object, path: string): void {
  for (const [name, value] of Object.entries(given)) {
    const at = pathTo(path, name);
    if (!(name in read)) throw new TypeError(`Cannot write "${at}" as protobuf: ${noField(name, read)}`);
    assertKept(value, Reflect.get(read, name), at);
  }
  for (const [name, value] of Object.entries(read)) {
    const isScalar = typeof value !== "object" || (value !== null && isLong(value)); // lists and maps may be empty
    if (!isScalar || Object.hasOwn(given, name)) continue;
    throw new TypeError(`Cannot write "${pathTo(path, name)}" as protobuf: the field is required`);
  }
}

type List = ArrayLike<unknown> & { BYTES_PER_ELEMENT?: number };

function isList(value: unknown): value is List {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

/** Whether two values that are no lists and no messages are the same to a reader. */
function same(given: unknown, read: unknown): boolean {
  if (Object.is(given, read)) return true;
  switch (typeof read) {
    case "boolean":
      return given === Number(read); // of a Uint8Array
    case "number": // which may have been rounded to 32 bits, but not to infinity
      return typeof given === "number" &&
        (given === read || (Math.fround(given) === read && Number.isFinite(read)));
    case "object":
      return read !== null && isLong(read) && sameLong(given, read);
    default:
      return false;
  }
}

function sameLong(given: unknown, read: Long): boolean {
  if (typeof given === "number") return Number.isSafeInteger(given) && BigInt(given) === toBigInt(read);
  if (typeof given === "string") return given === `${toBigInt(read)}`;
  if (!isHalves(given) || given.low !== read.low || given.high !== read.high) return false;
  return read.high >= 0 || given.unsigned === read.unsigned;
}

function isHalves(value: unknown): value is Long {
  return typeof value === "object" && value !== null && "low" in value && "high" in value;
}

/** How protobufjs keeps an integer key of 64 bits in memory, signed or not. */
function hash(key: string): string | undefined {
  const long = /^(?:0|-?[1-9]\d{0,19})$/.test(key) ? toLong(BigInt(key)) : undefined;
  return long && String.fromCharCode(...new Uint8Array(new Int32Array([long.low, long.high]).buffer));
}

function refuse(given: unknown, read: unknown, path: string): never {
  const what = `Cannot write "${path}" as protobuf`;
  const value = isHalves(given) ? toBigInt(given) : given;
  const became = typeof read === "object" && read !== null && isLong(read) ? toBigInt(read) : read;
  const isNumber = (item: unknown): boolean => typeof item === "number" || typeof item === "bigint";
  if (isNumber(value) && isNumber(became)) {
    const isUnsafe = typeof became === "bigint" && Number.isInteger(value) && !Number.isSafeInteger(value);
    const state = isUnsafe ? "is no safe integer, give a bigint" : `would become ${became}`;
    throw new RangeError(`${what}: ${value} ${state}`);
  }
  if (became === null || kind(value) === kind(became)) { // as long as nothing was read, it is at its default
    throw new TypeError(`${what}: another member of its oneof is given too`);
  }
  throw new TypeError(`${what}: it is ${kind(value)}, and the field takes ${kind(became)}`);
}

function kind(value: unknown): string {
  if (typeof value === "string") return "text";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Uint8Array) return "bytes";
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  return ArrayBuffer.isView(value) ? "a typed array" : "an object";
}

function noField(name: string, message: object): string {
  const names: string[] = [];
  for (const field in message) {
    if (typeof Reflect.get(message, field) !== "function" && !field.startsWith("$")) names.push(field);
  }
  const near = didYouMean(name.slice(0, 60), names);
  return `no such field${near || ` among ${names.join(", ").slice(0, 300)}`}`;
}
