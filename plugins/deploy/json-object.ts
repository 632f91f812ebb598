import { type FileSource, isFileSource } from "../../core/files.ts";

/** What a configuration is made of. A {@linkcode FileSource} waits for its upload under the key `$upload`. */
export type JsonValue = string | number | boolean | null | FileSource | JsonValue[] | JsonObject;

/** An object of a configuration. */
export interface JsonObject {
  /** Any key. `__proto__` is an own key like others here, so it is written with `setKey`. */
  [key: string]: JsonValue | undefined;
}

/** What becomes of files that wait for their upload: they stay, are shown by their label, or are refused. */
export type UploadPolicy = "keep" | "label" | "refuse";

/** Key under which a {@linkcode FileSource} waits for its upload. */
export const uploadKey = "$upload";

/** Marks, beside {@linkcode uploadKey}, that the files are the code of a container; not shown with their label. */
export const codeKey = "$code";

/** Tells the objects of a configuration from lists, scalars and files. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isFileSource(value);
}

/**
 * Sets a key of an object, whatever it is called: to assign to `__proto__` would exchange the object's prototype, and
 * the configuration would have lost a key.
 */
function setKey(target: JsonObject, key: string, value: JsonValue): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

/**
 * Checks the keys of a path. `__proto__` is refused: in a path it is a mistake, or somebody's attempt.
 *
 * @throws {TypeError} when a key is empty, no string, or `__proto__`.
 */
export function checkKeys(keys: readonly unknown[]): asserts keys is string[] {
  for (const key of keys) {
    if (typeof key === "string" && key !== "" && key !== "__proto__") continue;
    const problem = key === "" ? "a part of the path is empty" : `"${String(key)}" is not allowed as a key`;
    throw new TypeError(`Cannot set "${keys.map(String).join(".")}": ${problem}`);
  }
}

/** Where a value stands, so that an error can name it and a cycle is seen. */
interface Place {
  keys: readonly string[];
  parents: readonly object[];
  uploads: UploadPolicy;
}

/**
 * Copies a value deeply and checks that it is JSON. A key whose value is `undefined` is left out.
 *
 * @throws {TypeError} that names the path of a value that is not JSON.
 */
export function copyJson(
  value: unknown,
  path: readonly string[] = [],
  uploads: UploadPolicy = "keep",
): JsonValue {
  return copy(value, { keys: path, parents: [], uploads });
}

/** Copies an object as {@linkcode copyJson} does, and refuses anything else. */
export function copyJsonObject(
  value: unknown,
  path: readonly string[] = [],
  uploads: UploadPolicy = "keep",
): JsonObject {
  const copied = copyJson(value, path, uploads);
  return isJsonObject(copied) ? copied : refuse(path, "it must be an object");
}

function copy(value: unknown, place: Place): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    return Number.isFinite(value) ? value : refuse(place.keys, `${value} is not a JSON number`);
  }
  if (typeof value !== "object") return refuse(place.keys, `a ${typeof value} is not JSON`);
  if (isFileSource(value)) return copyUpload(value, place);
  if (place.parents.includes(value)) return refuse(place.keys, "the value contains itself");
  const inside = { ...place, parents: [...place.parents, value] };
  if (Array.isArray(value)) {
    return Array.from(value, (item, index) => copy(item, { ...inside, keys: [...place.keys, `${index}`] }));
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) { // plain objects of any realm pass
    return refuse(place.keys, `${prototype.constructor?.name ?? "the value"} is not a plain object`);
  }
  return copyEntries(value, inside);
}

function copyEntries(value: object, place: Place): JsonObject {
  const copied: JsonObject = {};
  const isLabelled = place.uploads === "label" && uploadKey in value && isFileSource(value[uploadKey]);
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined || isLabelled && key === codeKey) continue;
    setKey(copied, key, copy(item, { ...place, keys: [...place.keys, key] }));
  }
  return copied;
}

function copyUpload(source: FileSource, { keys, uploads }: Place): JsonValue {
  if (keys.at(-1) !== uploadKey || uploads === "refuse") {
    return refuse(keys, "files have no place here; give them to mount, setModelData or new Model");
  }
  return uploads === "label" ? source.label : source;
}

/** Merges `patch` into `target`: objects key by key, anything else is replaced. `patch` is copied by the caller. */
export function mergeJson(target: JsonObject, patch: JsonObject): void {
  for (const [key, value] of Object.entries(patch)) {
    const old = Object.hasOwn(target, key) ? target[key] : undefined;
    if (isJsonObject(old) && isJsonObject(value)) mergeJson(old, value);
    else if (value !== undefined) setKey(target, key, value);
  }
}

/** The value at a path, or `undefined`; creates nothing. */
export function valueAt(root: JsonObject, keys: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const key of keys) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/**
 * Puts a value at a path and creates the objects on the way; `undefined` deletes and creates nothing.
 *
 * @throws {TypeError} when a list is on the way.
 */
export function setAt(root: JsonObject, keys: readonly string[], value: JsonValue | undefined): void {
  checkNoList(root, keys);
  const last = keys.at(-1);
  if (last === undefined) throw new TypeError("Cannot set a value: the path is empty");
  let node = root;
  for (const key of keys.slice(0, -1)) {
    const next = Object.hasOwn(node, key) ? node[key] : undefined;
    if (isJsonObject(next)) node = next;
    else if (value === undefined) return;
    else node = node[key] = {};
  }
  if (value === undefined) delete node[last];
  else node[last] = value;
}

/**
 * Checks that a path does not lead into a list: lists are replaced whole.
 *
 * @throws {TypeError} when it does.
 */
export function checkNoList(root: JsonObject, keys: readonly string[]): void {
  for (let depth = 1; depth < keys.length; depth++) {
    if (!Array.isArray(valueAt(root, keys.slice(0, depth)))) continue;
    refuse(keys, `"${keys.slice(0, depth).join(".")}" is a list; set it whole`);
  }
}

function refuse(keys: readonly string[], problem: string): never {
  throw new TypeError(`Cannot set "${keys.join(".") || "the configuration"}": ${problem}`);
}
