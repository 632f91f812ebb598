import type { JsonObject } from "./service-config.ts";

/** An object of a configuration. */
export interface ConfigPart {
  /** Where it is by kind: `containers[].env[]`. */
  kind: string;
  /** Where it is: `containers[0].env[1]`. */
  where: string;
  /** The list that it is an item of, or itself. */
  list: unknown;
  /** The object. */
  value: JsonObject;
}

/** Every object of a configuration, the outermost first. */
export function configParts(config: JsonObject): ConfigPart[] {
  const parts: ConfigPart[] = [];
  const visit = (value: unknown, kind: string, where: string, list?: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach((item, index) => visit(item, `${kind}[]`, `${where}[${index}]`, value));
    } else if (typeof value === "object" && value !== null) {
      parts.push({ kind, where, list: list ?? value, value: value as JsonObject }); // an object of JSON
      for (const [key, member] of Object.entries(value)) {
        if (/[.[\]]/.test(key)) continue; // no rule names such a key
        visit(member, kind ? `${kind}.${key}` : key, where ? `${where}.${key}` : key);
      }
    }
  };
  visit(config, "", "");
  return parts;
}

/** What is at a path of keys with dots between; `null` is nothing. */
export function at(part: unknown, path: string): unknown {
  let value = part;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, key)) {
      return undefined;
    }
    value = (value as JsonObject)[key]; // just checked
  }
  return value ?? undefined;
}

/** Whether something that matters is at a path: no `null` and no empty text. */
export function has(part: unknown, path: string): boolean {
  const value = at(part, path);
  return value !== undefined && value !== "";
}
