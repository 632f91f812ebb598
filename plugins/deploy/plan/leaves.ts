import { isJsonObject, type JsonObject, type JsonValue } from "../json-object.ts";
import { type Path, pathText } from "../validate/path.ts";

/** What is no object and no list. */
export type Scalar = string | number | boolean;

/** The scalars of a configuration by their paths. */
export type Leaves = Map<string, Scalar>;

/**
 * The scalars of a configuration by their paths, in its order. Items of a list that have names are found by them,
 * wherever in the list they stand: `containers[0].env.THREADS`, `storage["/ml/code"].oss.path`. Objects and lists
 * without anything in them are no different from none.
 */
export function leavesOf(config: JsonObject): Leaves {
  const found: Leaves = new Map();
  collect(config, [], found);
  return found;
}

function collect(value: JsonValue | undefined, path: Path, found: Leaves): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) {
    const keys = itemKeys(value);
    value.forEach((item, index) => {
      const key = keys[index]!; // there are as many as items
      collect(withoutKey(item, key), [...path, key], found);
    });
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) collect(item, [...path, key], found);
  } else found.set(pathText(path), value as Scalar); // files have their addresses by now
}

/** What each item of a list is called: its name or its mount path, where all have their own; else its index. */
export function itemKeys(list: readonly JsonValue[]): (string | number)[] {
  for (const key of ["name", "mount_path"]) {
    const names = list.map((item) => isJsonObject(item) ? item[key] : undefined)
      .filter((name) => typeof name === "string").map((name) => key === "name" ? name : trimmed(name));
    if (names.length === list.length && new Set(names).size === names.length) return names;
  }
  return list.map((_, index) => index);
}

function trimmed(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}

/** An item without what its path says; of a variable only its value is left. */
function withoutKey(item: JsonValue, key: string | number): JsonValue {
  if (typeof key === "number" || !isJsonObject(item)) return item;
  const { name, mount_path, ...rest } = item;
  if (Object.keys(rest).length === 0) return item;
  if (name === undefined) return rest;
  return Object.keys(rest).join() === "value" ? rest.value! : { ...rest, mount_path }; // it is there
}

/** Whether two scalars mean the same: the service takes `"2"` for 2 and `"true"` for true, and may tell either. */
export function sameScalar(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (typeof a === typeof b || a === undefined || b === undefined) return false;
  if (typeof a === "boolean" || typeof b === "boolean") return String(a) === String(b);
  return String(a).trim() !== "" && String(b).trim() !== "" && Number(a) === Number(b);
}

/** Whether two values mean the same. */
export function sameValue(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  const [left, right] = [leavesOf({ value: a }), leavesOf({ value: b })];
  return left.size === right.size && [...left].every(([path, value]) => sameScalar(value, right.get(path)));
}
