import type { ConfigSchema } from "../../../core/config-schema.ts";
import { nearest, sameWord } from "./nearest.ts";
import { isObject, type Path, pathText } from "./path.ts";
import type { ConfigProblem } from "./problem.ts";
import { childNode, rootNode, type SchemaNode } from "./schema-node.ts";

/** Warns of keys that the vendor does not document, and guesses what was meant. */
export function unknownKeys(config: unknown): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const visit = (value: unknown, node: SchemaNode, path: Path): void => {
    if (Array.isArray(value)) {
      value.forEach((item, index) => visit(item, childNode(node, index), [...path, index]));
    } else if (isObject(value) && isClosed(node.schema)) {
      for (const [key, item] of Object.entries(value)) {
        const child = childNode(node, key);
        if (child.schema) visit(item, child, [...path, key]);
        else if (!isDotted(key, node)) problems.push(warning(key, node, path));
      }
    }
  };
  visit(config, rootNode, []);
  return problems;
}

/** Whether the keys of an object are known, as opposed to one of unknown content. */
function isClosed(schema: ConfigSchema | undefined): boolean {
  return schema?.properties !== undefined || schema?.additionalProperties !== undefined;
}

/** Whether a key is a path of known keys, as published configurations have them: `"rpc.worker_threads": 1`. */
function isDotted(key: string, node: SchemaNode): boolean {
  return key.includes(".") && key.split(".").reduce(childNode, node).schema !== undefined;
}

function warning(key: string, node: SchemaNode, path: Path): ConfigProblem {
  return {
    path: pathText([...path, key]),
    message: `${JSON.stringify(key)} is no documented key; ${advice(key, node, path)}`,
    rule: node.page,
    severity: "warning",
  };
}

function advice(key: string, { schema }: SchemaNode, path: Path): string {
  const near = nearest(key, Object.keys(schema?.properties ?? {}));
  if (near) return `did you mean "${near}"?`;
  const place = placesOf(key).find((place) => pathText(place) !== pathText([...path, key]));
  return place ? `did you mean ${pathText(place)}?` : "the service may know it all the same";
}

/** Where a key is known, outside of lists. */
function placesOf(key: string): Path[] {
  const places: Path[] = [];
  const visit = (schema: ConfigSchema, path: Path): void => {
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      if (sameWord(name, key)) places.push([...path, name]);
      visit(child, [...path, name]);
    }
  };
  if (rootNode.schema) visit(rootNode.schema, []);
  return places;
}
