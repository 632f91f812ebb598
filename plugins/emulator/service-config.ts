import { Refusal } from "./refusal.ts";

/** A JSON object of unknown content. */
export type JsonObject = Record<string, unknown>;

// What the vendor documents of its service API's errors ends at the common ones, so these codes are plausible
// rather than certain: InvalidParameter, and those of control-plane.ts.
function invalid(message: string): never {
  throw new Refusal({ status: 400, code: "InvalidParameter", message });
}

/** Reads the body of a request as a service configuration. */
export function parseConfig(body: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    invalid("The body is not JSON.");
  }
  return isObject(value) ? value : invalid("The body is not a JSON object.");
}

/** The name that a configuration gives its service. */
export function serviceName(config: JsonObject): string {
  const metadata = isObject(config.metadata) ? config.metadata : {};
  const name = config.name ?? metadata.name;
  if (typeof name !== "string" || !/^[a-z][a-z0-9_]{2,62}$/.test(name)) {
    invalid(
      `The service name ${
        JSON.stringify(name) ?? "(none)"
      } is invalid: it has 3 to 63 lower-case letters, digits ` +
        "and underscores, and starts with a letter.",
    );
  }
  return name;
}

/** Reads tags, given as an object or as its JSON text. */
export function parseLabels(value: unknown): Record<string, string> {
  let labels = value;
  try {
    if (typeof value === "string") labels = JSON.parse(value);
  } catch {
    invalid("Labels is not JSON.");
  }
  if (!isObject(labels)) invalid("Labels is not a JSON object.");
  return Object.fromEntries(Object.entries(labels).map(([key, label]) => [key, String(label)]));
}

/** Takes the token out of a configuration, so that no answer repeats it there. */
export function splitToken(
  { token, ...config }: JsonObject,
): { token: string | undefined; config: JsonObject } {
  if (token !== undefined && typeof token !== "string") invalid("token is not a string.");
  return { token: token || undefined, config };
}

/** Merges a change into a configuration: objects key by key, everything else replaced. */
export function mergeConfig(base: JsonObject, change: JsonObject): JsonObject {
  const merged = new Map(Object.entries(base)); // a map takes any key, `__proto__` too
  for (const [key, value] of Object.entries(change)) {
    const old = merged.get(key);
    merged.set(key, isObject(old) && isObject(value) ? mergeConfig(old, value) : value);
  }
  return Object.fromEntries(merged);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
