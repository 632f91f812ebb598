import type { Cloud } from "../cloud.ts";
import { type JsonObject, parseLabels } from "../service-config.ts";
import { type Action, bodyOf, type Call, invalid, named, servicePath } from "./call.ts";
import { refuseLocked } from "./safety-lock.ts";

/** Operations on the tags of a service. */
export const labelActions: readonly Action[] = [
  ["PUT", `${servicePath}/label`, "UpdateServiceLabel", updateLabels],
  ["DELETE", `${servicePath}/label`, "DeleteServiceLabel", deleteLabels],
];

function updateLabels(cloud: Cloud, call: Call): JsonObject {
  const found = named(cloud, call);
  refuseLocked("update", found);
  Object.assign(found.service.labels, parseLabels(bodyOf(call).Labels));
  return { Message: `Labels of service [${found.service.name}] are updated` };
}

/** Keys come with commas between them, or as a JSON list. */
function deleteLabels(cloud: Cloud, call: Call): JsonObject {
  const found = named(cloud, call);
  refuseLocked("update", found);
  const keys = call.req.query("Keys") || invalid("Keys is missing.");
  for (const key of keys.startsWith("[") ? readList(keys) : keys.split(",")) delete found.service.labels[key];
  return { Message: `Labels of service [${found.service.name}] are deleted` };
}

function readList(text: string): string[] {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list.map(String);
  } catch {
    // said below
  }
  return invalid("Keys is neither a JSON list nor names with commas between them.");
}
