import type { ServiceConfig } from "../../core/service-config.ts";

/** Keys of `T` whose value is an object, as opposed to a list or a scalar. */
export type ObjectKeys<T> = {
  [K in keyof T]-?: NonNullable<T[K]> extends readonly unknown[] ? never
    : NonNullable<T[K]> extends object ? K
    : never;
}[keyof T];

/** `"map"`: the user's own keys, which may contain dots; `"open"`: objects of unknown shape; else the known keys. */
type NodeOf<T> = string extends keyof T ? unknown extends T[string & keyof T] ? "open" : "map" : TreeOf<T>;

type TreeOf<T> =
  & { readonly [K in ObjectKeys<T>]: NodeOf<NonNullable<T[K]>> }
  & { readonly [K in Extract<keyof T, `${string}.${string}`>]: "leaf" };

/** What is known about the place of a value in the configuration. */
export type ConfigNode = "map" | "open" | "leaf" | { readonly [key: string]: ConfigNode };

/**
 * Which keys of the configuration hold objects, and which contain dots: the one place that says so. The compiler
 * compares it with {@linkcode ServiceConfig}, so neither can change without the other.
 */
const tree: TreeOf<ServiceConfig> = {
  labels: "map",
  features: "map",
  aimaster: "open",
  metadata: {
    rpc: {},
    eas: {},
    rolling_strategy: {},
    scheduling: { spread: {} },
    "eas.termination_grace_period": "leaf",
  },
  rpc: {},
  cloud: { computing: {}, networking: {} },
  autoscaler: { strategies: "map", behavior: { scaleUp: {}, scaleDown: {}, onZero: {} } },
  queue: { source: "open", sink: "open" },
  networking: { gateway_policy: { rate_limit: {}, concurrency_limit: {} } },
  runtime: {},
  unit: {},
  sinker: { config: { maxcompute: {}, sls: {} } },
  confidential: {},
  options: {},
};

/** The root of the table; its type is widened so that it can be walked by key. */
export const configTree: ConfigNode = tree;

/** What is known about `key` of an object whose place is `node`. */
export function childNode(node: ConfigNode | undefined, key: string): ConfigNode | undefined {
  return typeof node === "object" && Object.hasOwn(node, key) ? node[key] : undefined;
}

/**
 * Splits a path at its dots, except inside keys that contain dots themselves: everything after `features.` or
 * `labels.` is one key, and so is `eas.termination_grace_period` after `metadata.`.
 */
export function splitPath(path: string): string[] {
  const keys: string[] = [];
  let node: ConfigNode | undefined = configTree;
  let rest = path;
  while (node !== "map") {
    const key = nextKey(node, rest);
    keys.push(key);
    if (key.length === rest.length) return keys;
    node = childNode(node, key);
    rest = rest.slice(key.length + 1);
  }
  return [...keys, rest];
}

function nextKey(node: ConfigNode | undefined, rest: string): string {
  const known = typeof node === "object"
    ? Object.keys(node).find((key) => key.includes(".") && `${rest}.`.startsWith(`${key}.`))
    : undefined;
  const dot = rest.indexOf(".");
  return known ?? (dot < 0 ? rest : rest.slice(0, dot));
}
