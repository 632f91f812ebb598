import { serviceSchema } from "../../../core/service-schema.ts";
import { isJsonObject, type JsonObject } from "../json-object.ts";

/** Every key of a service's configuration. */
const configKeys = serviceSchema.properties!; // it has some

/**
 * Tells whether a registered specification is several, one for each way to use the model: `{ "chat": { … }, "embed":
 * { … } }`. It is a single one as soon as it has a key that configurations have, such as `processor` alone.
 */
export function hasMethods(spec: JsonObject): spec is Record<string, JsonObject> {
  const entries = Object.entries(spec);
  return entries.length > 0 &&
    entries.every(([key, value]) => !Object.hasOwn(configKeys, key) && isJsonObject(value));
}

/**
 * The specification for a method, the first one when none is named.
 *
 * @throws {TypeError} when there is no such method.
 */
export function chooseMethod(what: string, spec: JsonObject, method: string | undefined): JsonObject {
  if (!hasMethods(spec)) {
    if (method === undefined) return spec;
    throw new TypeError(`${what}: it has one specification only; leave out the method "${method}"`);
  }
  const names = Object.keys(spec);
  const chosen = method ?? names[0]!; // there is one at least
  if (Object.hasOwn(spec, chosen)) return spec[chosen]!;
  throw new TypeError(`${what}: it has no method "${chosen}"; it has ${names.join(", ")}`);
}
