import { redact } from "../../core/redact.ts";
import { copyJsonObject, isJsonObject, type JsonObject, type JsonValue } from "./json-object.ts";

const mask = "***";

/** Keys of the service configuration whose values are secrets. */
export const secretKeys: ReadonlySet<string> = new Set(["token", "dockerAuth", "password"]);

/** Environment variables that hold secrets can only be told by their names. */
export const secretVariable = /token|secret|passw|credential|auth|(access|api|private)_?key/i;

/** A configuration as JSON text for people: whatever is or may be a secret is masked. */
export function maskedText(config: JsonObject): string {
  return JSON.stringify(masked(copyJsonObject(config, [], "label")), null, 2);
}

function masked(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((item) => masked(item) ?? null);
  if (!isJsonObject(value)) return value;
  const isVariable = typeof value.name === "string" && secretVariable.test(value.name);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const secret = secretKeys.has(key) || (isVariable && key === "value");
      return [key, secret && item !== undefined ? mask : masked(item)];
    }),
  );
}
