import type { ConfigSchema } from "../../../core/config-schema.ts";
import { isJsonObject, type JsonObject, type JsonValue, valueAt } from "../json-object.ts";
import { childNode, rootNode, type SchemaNode } from "../validate/schema-node.ts";
import { itemKeys, sameScalar } from "./leaves.ts";

/** Documented keys that the service sets by itself when nobody has. */
const setByService: { keys: string[]; when?: (wanted: JsonObject, running: JsonObject) => boolean }[] = [
  // Every service is in a workspace, of which the service knows the default.
  { keys: ["metadata", "workspace_id"] },
  // A machine has them, and DescribeService tells them of each instance:
  // https://help.aliyun.com/zh/pai/developer-reference/api-eas-2021-07-01-struct-service.
  ...["cpu", "memory", "gpu"].map((key) => ({
    keys: ["metadata", key],
    when: (...configs: JsonObject[]) =>
      configs.every((config) => isJsonObject(valueAt(config, ["cloud", "computing"]))),
  })),
];

/**
 * What the configuration of a service will be: what is wanted, and beside it what the service that runs has added of
 * its own. A key that runs and is not wanted counts as the service's when it is not documented, when its value is the
 * documented default, or when it is one that services set. Every other documented key was somebody's wish, and goes.
 */
export function withServerKeys(wanted: JsonObject, running: JsonObject): JsonObject {
  const owned = setByService.filter(({ when }) => when?.(wanted, running) ?? true)
    .map(({ keys }) => keys.join("\n"));

  const object = (a: JsonObject, b: JsonObject, node: SchemaNode, path: string[]): JsonObject => {
    const result: JsonObject = {};
    for (const [key, value] of Object.entries(a)) {
      result[key] = merged(value, b[key], childNode(node, key), [...path, key]);
    }
    for (const [key, value] of Object.entries(b)) {
      if (a[key] !== undefined) continue;
      const kept = servers(value, childNode(node, key), [...path, key]);
      if (kept !== undefined) result[key] = kept;
    }
    return result;
  };
  const merged = (
    a: JsonValue | undefined,
    b: JsonValue | undefined,
    node: SchemaNode,
    path: string[],
  ): JsonValue | undefined => {
    if (isJsonObject(a) && isJsonObject(b)) return object(a, b, node, path);
    if (!Array.isArray(a) || !Array.isArray(b)) return a;
    const runningItems = new Map(itemKeys(b).map((key, index) => [key, b[index]]));
    const keys = itemKeys(a);
    return a.map((item, index) =>
      merged(item, runningItems.get(keys[index]!), childNode(node, 0), path) ?? item
    );
  };
  const servers = (
    value: JsonValue | undefined,
    node: SchemaNode,
    path: string[],
  ): JsonValue | undefined => {
    if (node.schema === undefined || owned.includes(path.join("\n"))) return value;
    if (isJsonObject(value) && isClosed(node.schema)) {
      const kept = object({}, value, node, path);
      return Object.keys(kept).length > 0 ? kept : undefined;
    }
    return value === "" || sameScalar(value, node.schema.default) ? value : undefined;
  };
  return object(wanted, running, rootNode, []);
}

/** Whether the keys of an object are all documented, so that others are the service's. */
function isClosed({ properties, additionalProperties }: ConfigSchema): boolean {
  return properties !== undefined && additionalProperties === undefined;
}
