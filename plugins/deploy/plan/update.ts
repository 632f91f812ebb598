import { isJsonObject, type JsonObject } from "../json-object.ts";
import { sameValue } from "./leaves.ts";

/** What UpdateService is asked for. */
export interface Update {
  /** `merge` leaves keys that the body does not have; `replace` removes them. */
  type: "merge" | "replace";
  /** The keys that change, or the whole configuration. */
  body: JsonObject;
}

/**
 * Chooses how a service comes to its new configuration. Nothing that is not told is lost by a merge, and only one
 * that holds nothing but the number of instances scales without a restart, so it is the rule; but no merge removes
 * a key. When one has to go the whole configuration is replaced, with the keys that the service has added in it.
 *
 * Source: https://help.aliyun.com/zh/pai/developer-reference/api-eas-2021-07-01-updateservice.
 *
 * @returns `undefined` when nothing changes.
 */
export function updateOf(running: JsonObject, wanted: JsonObject): Update | undefined {
  if (lacksKeys(wanted, running)) return { type: "replace", body: wanted };
  const body = patch(running, wanted);
  return Object.keys(body).length > 0 ? { type: "merge", body } : undefined;
}

function lacksKeys(wanted: JsonObject, running: JsonObject): boolean {
  return Object.entries(running).some(([key, value]) => {
    const counterpart = wanted[key];
    if (counterpart === undefined) return !sameValue(value, undefined);
    return isJsonObject(value) && isJsonObject(counterpart) && lacksKeys(counterpart, value);
  });
}

function patch(running: JsonObject, wanted: JsonObject): JsonObject {
  const changed: JsonObject = {};
  for (const [key, value] of Object.entries(wanted)) {
    const old = running[key];
    if (sameValue(old, value)) continue;
    changed[key] = isJsonObject(old) && isJsonObject(value) ? patch(old, value) : value;
  }
  return changed;
}
