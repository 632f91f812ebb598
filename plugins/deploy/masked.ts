import { secretKeys, secretVariable } from "../../core/mask-secrets.ts";
import { redact } from "../../core/redact.ts";
import { copyJsonObject, isJsonObject, type JsonObject, type JsonValue } from "./json-object.ts";

const mask = "***";

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
