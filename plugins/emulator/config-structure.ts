import type { ConfigSchema, SchemaType } from "../../core/config-schema.ts";

/** Something for which the service refuses a configuration. */
export interface ConfigFault {
  /** Where: `containers[0].port`. */
  where: string;
  /** What is wrong. */
  what: string;
}

/** Compares a value with its schema. Members of objects that are `null` are as good as absent. */
export function* structureFaults(value: unknown, schema: ConfigSchema, where = ""): Generator<ConfigFault> {
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length > 0 && !types.some((type) => isOf(type, value))) {
    yield { where, what: `must be ${types.join(" or ")}` };
    return;
  }
  if (typeof value === "string") yield* textFaults(value, schema, where);
  else if (typeof value === "number") yield* numberFaults(value, schema, where);
  else if (Array.isArray(value)) yield* listFaults(value, schema, where);
  else if (typeof value === "object" && value !== null) yield* objectFaults(value, schema, where);
}

function isOf(type: SchemaType, value: unknown): boolean {
  return type === "integer" ? Number.isInteger(value) : type === kindOf(value);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function* textFaults(text: string, schema: ConfigSchema, where: string): Generator<ConfigFault> {
  const { enum: values, pattern } = schema;
  if (values && !values.includes(text)) {
    yield { where, what: `must be one of ${values.filter(Boolean).join(", ")}` };
  }
  if (pattern !== undefined && !new RegExp(pattern, "u").test(text)) {
    yield { where, what: schema.patternErrorMessage ?? `must match ${pattern}` };
  }
}

function* numberFaults(number: number, schema: ConfigSchema, where: string): Generator<ConfigFault> {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity } = schema;
  if (number < minimum) yield { where, what: `must be ${minimum} at least` };
  if (number > maximum) yield { where, what: `must be ${maximum} at most` };
  if (number <= exclusiveMinimum) yield { where, what: `must be more than ${exclusiveMinimum}` };
}

function* listFaults(list: unknown[], schema: ConfigSchema, where: string): Generator<ConfigFault> {
  const { items, minItems = 0 } = schema;
  if (list.length < minItems) yield { where, what: `must have ${minItems} item at least` };
  if (!items) return;
  for (const [index, item] of list.entries()) yield* structureFaults(item, items, `${where}[${index}]`);
}

function* objectFaults(object: object, schema: ConfigSchema, where: string): Generator<ConfigFault> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const members = new Map(Object.entries(object).filter(([, value]) => value !== null));
  const inside = (key: string): string => (where ? `${where}.${key}` : key);
  for (const key of required) if (!members.has(key)) yield { where: inside(key), what: "is required" };
  for (const [key, value] of members) {
    const known = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (known && known !== true) yield* structureFaults(value, known, inside(key));
  }
}
