import { serviceRules } from "../../core/service-rules.ts";
import { serviceSchema } from "../../core/service-schema.ts";
import { ruleFaults } from "./config-rules.ts";
import { type ConfigFault, structureFaults } from "./config-structure.ts";
import { Refusal } from "./refusal.ts";
import type { JsonObject } from "./service-config.ts";

/** Everything for which the service refuses a configuration. */
export function configFaults(config: JsonObject): ConfigFault[] {
  return [...structureFaults(config, serviceSchema), ...ruleFaults(config, serviceRules)];
}

/**
 * Refuses a configuration that the service would not take. The real one tells of one fault at a time, this of all.
 *
 * @throws {Refusal} with the vendor's code of an invalid parameter.
 */
export function refuseFaults(config: JsonObject): void {
  const faults = configFaults(config);
  if (faults.length === 0) return;
  const message = faults.map(({ where, what }) => `${where || "(the configuration)"}: ${what}`).join("; ");
  throw new Refusal({
    status: 400,
    code: "InvalidParameter",
    message: `The service configuration is invalid: ${message}.`,
  });
}
