import type { ConfigSchema } from "../../../core/config-schema.ts";
import { serviceSchema } from "../../../core/service-schema.ts";
import type { Path } from "./path.ts";

/** A place of the schema, with what it has from those around it. */
export interface SchemaNode {
  /** What is said of the place; `undefined` when its key is unknown. */
  schema: ConfigSchema | undefined;
  /** The vendor's page. */
  page?: string;
  /** Whether the value is never shown. */
  secret: boolean;
}

/** The place of the whole configuration. */
export const rootNode: SchemaNode = { schema: serviceSchema, page: serviceSchema["x-page"], secret: false };

/** The place of a key, or of an item. */
export function childNode({ schema, page, secret }: SchemaNode, step: string | number): SchemaNode {
  const child = typeof step === "number" ? schema?.items : keyNode(schema, step);
  return { schema: child, page: child?.["x-page"] ?? page, secret: secret || child?.["x-secret"] === true };
}

/** The place that a path leads to. */
export function nodeAt(path: Path): SchemaNode {
  return path.reduce(childNode, rootNode);
}

function keyNode(schema: ConfigSchema | undefined, key: string): ConfigSchema | undefined {
  const { properties = {}, additionalProperties } = schema ?? {};
  if (Object.hasOwn(properties, key)) return properties[key];
  return additionalProperties === true ? {} : additionalProperties;
}
