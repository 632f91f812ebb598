import type { Cloud } from "../cloud.ts";
import { Refusal } from "../refusal.ts";
import type { JsonObject } from "../service-config.ts";
import { type Action, bodyOf, type Call, invalid, named, servicePath } from "./call.ts";
import type { FoundService } from "./services.ts";

/** The operation that locks a service. */
export const safetyActions: readonly Action[] = [
  ["PUT", `${servicePath}/lock`, "UpdateServiceSafetyLock", updateLock],
];

function updateLock(cloud: Cloud, call: Call): JsonObject {
  const { service } = named(cloud, call);
  const { Lock } = bodyOf(call);
  if (Lock !== "all" && Lock !== "dangerous" && Lock !== "none") {
    invalid("Lock is one of all, dangerous, none.");
  }
  service.safetyLock = Lock;
  return { Message: `Safety lock of service [${service.name}] is ${Lock}` };
}

/** Refuses an operation that the service's lock forbids: `dangerous` stop and delete, `all` every change. */
export function refuseLocked(action: string, { service: { name, safetyLock } }: FoundService): void {
  const dangerous = action === "stop" || action === "delete";
  if (safetyLock === "none" || (safetyLock === "dangerous" && !dangerous)) return;
  throw new Refusal({
    status: 409,
    code: "ServiceLocked",
    message: `Can't ${action} the service ${name}: its safety lock is ${safetyLock}.`,
  });
}
