import { type OutputUnit, type Schema, validate } from "@cfworker/json-schema";
import type { ConfigSchema, SchemaType } from "../../../core/config-schema.ts";
import { serviceSchema } from "../../../core/service-schema.ts";
import { nearest } from "./nearest.ts";
import { isObject, type Path, pathText, valueAt } from "./path.ts";
import type { ConfigProblem } from "./problem.ts";
import { nodeAt } from "./schema-node.ts";
import { listed, quoted } from "./words.ts";

// The library's types know no `readonly`; it only reads, since the schema has no references that it would resolve.
const schema = serviceSchema as Schema;
const wrappers = new Set(["properties", "additionalProperties", "items"]);

/** Checks types, ranges, texts and required keys; at most one problem a place. */
export function structureProblems(config: unknown): ConfigProblem[] {
  const { errors } = validate(config, schema, "2020-12", {}, false);
  const problems = new Map<string, ConfigProblem>();
  for (const error of errors.filter(({ keyword }) => !wrappers.has(keyword))) {
    for (const [path, message] of told(error, config)) {
      const text = pathText(path);
      if (!problems.has(text)) {
        problems.set(text, { path: text, message, rule: nodeAt(path).page, severity: "error" });
      }
    }
  }
  return [...problems.values()];
}

function told({ keyword, instanceLocation }: OutputUnit, config: unknown): [path: Path, message: string][] {
  const path = pathOf(instanceLocation, config);
  const value = valueAt(config, path);
  const { schema: node = {}, secret } = nodeAt(path);
  if (keyword !== "required") return [[path, message(keyword, value, node, secret)]];
  const missing = (node.required ?? []).filter((key) => !isObject(value) || !Object.hasOwn(value, key));
  return missing.map((key) => [[...path, key], `${key} is missing; add it`]);
}

function message(keyword: string, value: unknown, node: ConfigSchema, secret: boolean): string {
  const found = quoted(value, secret);
  switch (keyword) {
    case "type":
      return `${found}: ${expectedType(node)} is needed${correction(value, node, secret)}`;
    case "enum":
      return `${found}: ${oneOf(node, value)}`;
    case "pattern":
      return `${found}: ${node.patternErrorMessage}`;
    case "minItems":
      return `${found}: at least ${node.minItems} item is needed; add one, or remove the list`;
    default:
      return `${found}: ${range(node)} is needed`;
  }
}

const kinds: Record<SchemaType, string> = {
  object: "an object",
  array: "a list",
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
};

function expectedType({ type = [] }: ConfigSchema): string {
  return listed([type].flat().map((name) => kinds[name]));
}

/** How to mend a value of the wrong type, when that is plain. */
function correction(value: unknown, { type = [] }: ConfigSchema, secret: boolean): string {
  const types = [type].flat();
  const wanted = (...names: SchemaType[]) => names.some((name) => types.includes(name));
  if (
    typeof value === "string" && wanted("number", "integer") && value.trim() !== "" &&
    Number.isFinite(Number(value))
  ) {
    return secret ? "; write it without quotes" : `; write ${Number(value)}, without quotes`;
  }
  if (typeof value === "string" && wanted("boolean") && /^(?:true|false)$/i.test(value)) {
    return `; write ${value.toLowerCase()}, without quotes`;
  }
  if ((typeof value === "number" || typeof value === "boolean") && wanted("string")) {
    return secret ? "; write it in quotes" : `; write "${value}"`;
  }
  if (typeof value === "number" && wanted("integer")) {
    return `; round it to ${Math.max(1, Math.round(value))}`;
  }
  if (wanted("array") && !Array.isArray(value)) return "; write it in brackets";
  return "; write that instead";
}

function oneOf({ enum: values = [] }: ConfigSchema, value: unknown): string {
  const named = values.filter((text) => text !== "");
  const meant = typeof value === "string" ? nearest(value, named) : undefined;
  const needed = `${listed(named.map((text) => `"${text}"`))} is needed`;
  return meant ? `${needed}; did you mean "${meant}"?` : `${needed}; choose one, or remove the key`;
}

function range({ minimum, maximum, exclusiveMinimum }: ConfigSchema): string {
  if (exclusiveMinimum !== undefined) return `a number above ${exclusiveMinimum}`;
  return maximum === undefined ? `at least ${minimum}` : `a number from ${minimum} to ${maximum}`;
}

/** A JSON pointer as a path; what it points into tells indexes from keys. */
function pathOf(pointer: string, config: unknown): Path {
  const path: (string | number)[] = [];
  for (const token of pointer.split("/").slice(1)) {
    const key = decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(Array.isArray(valueAt(config, path)) ? Number(key) : key);
  }
  return path;
}
