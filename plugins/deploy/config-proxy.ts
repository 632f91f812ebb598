import type { ServiceConfig } from "../../core/service-config.ts";
import { childNode, type ConfigNode, configTree, type ObjectKeys } from "./config-paths.ts";
import {
  checkKeys,
  copyJson,
  isJsonObject,
  type JsonObject,
  setAt,
  uploadKey,
  valueAt,
} from "./json-object.ts";

/**
 * A configuration as `spec.config` shows it: keys that hold objects are always there, so that paths can be
 * written in one go; all others are there when they were set.
 */
export type ConfigView<T = ServiceConfig> =
  & {
    [K in ObjectKeys<T>]-?: string extends keyof NonNullable<T[K]> ? NonNullable<T[K]>
      : ConfigView<NonNullable<T[K]>>;
  }
  & { [K in Exclude<keyof T, ObjectKeys<T>>]: T[K] };

/**
 * Makes a view of a configuration. Reading never creates anything; writing creates the objects on the way;
 * writing `undefined` and `delete` remove.
 */
export function configView(root: JsonObject, show: (value: JsonObject) => string): ConfigView {
  return viewOf(root, show, configTree, []) as unknown as ConfigView; // the table has the type's own keys
}

function viewOf(
  root: JsonObject,
  show: (value: JsonObject) => string,
  node: ConfigNode | undefined,
  path: string[],
): JsonObject {
  const children = new Map<string, JsonObject>(); // so that a view is the same object each time it is read
  const here = (): JsonObject => {
    const value = valueAt(root, path);
    return isJsonObject(value) ? value : {};
  };
  const read = (key: string): unknown => {
    const value = valueAt(here(), [key]);
    const child = childNode(node, key);
    if (child === undefined || child === "leaf") return isPending(value) ? undefined : value;
    if (value !== undefined && !isJsonObject(value)) return value;
    const view = children.get(key) ?? viewOf(root, show, child, [...path, key]);
    children.set(key, view);
    return view;
  };
  const write = (key: string | symbol, value: unknown): boolean => {
    const keys: unknown[] = [...path, key];
    checkKeys(keys);
    setAt(root, keys, value === undefined ? undefined : copyJson(value, keys));
    return true;
  };
  return objectOf({ here, read, write, text: () => show(here()) });
}

/** What an object does that has no state of its own. */
interface Behaviour {
  here: () => JsonObject;
  read: (key: string) => unknown;
  write: (key: string | symbol, value: unknown) => boolean;
  text: () => string;
}

function objectOf({ here, read, write, text }: Behaviour): JsonObject {
  // Consoles look past a proxy at its target, so the target tells them what to print, and templates as well.
  const target = { [Symbol.for("nodejs.util.inspect.custom")]: text, [Symbol.toPrimitive]: text };
  return new Proxy(target as unknown as JsonObject, {
    get: (target, key) => typeof key === "symbol" ? Reflect.get(target, key) : read(key) as JsonObject,
    set: (_, key, value) => write(key, value),
    has: (_, key) => Object.hasOwn(here(), key),
    deleteProperty: (_, key) => write(key, undefined),
    ownKeys: () => Object.keys(here()),
    getOwnPropertyDescriptor: (_, key) =>
      typeof key === "string" && Object.hasOwn(here(), key)
        ? { value: read(key), writable: true, enumerable: true, configurable: true }
        : undefined,
    defineProperty: () => false,
    setPrototypeOf: () => false,
    preventExtensions: () => false,
  });
}

// A model that waits for its upload stands where an address will: it is no value yet.
function isPending(value: unknown): boolean {
  return isJsonObject(value) && uploadKey in value;
}
