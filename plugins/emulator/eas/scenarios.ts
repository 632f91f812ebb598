import { imagePull, outOfMemory, wrongPort } from "./container-failures.ts";
import type { Failure } from "./failure.ts";
import { modelMissing, permission, quota } from "./resource-failures.ts";

/**
 * A way for a service to fail, as the vendor's FAQ tells them
 * (https://www.alibabacloud.com/help/en/pai/faq-about-eas):
 *
 * - `ImagePullBackOff`: the image can't be pulled; the service fails.
 * - `OOMKilled`: the container is killed for its memory, again and again; the service fails.
 * - `WrongPort`: the container listens on another port than the one that is checked, so that the service waits for ever.
 * - `QuotaExceeded`: the account may not have as many cores; the service fails without an instance.
 * - `ModelMissing`: there is no model: a processor's service fails without an instance, a container crashes.
 * - `PermissionDenied`: storage may not be read: the same, but that containers never start.
 */
export type Scenario =
  | "ImagePullBackOff"
  | "OOMKilled"
  | "WrongPort"
  | "QuotaExceeded"
  | "ModelMissing"
  | "PermissionDenied";

type Config = Readonly<Record<string, unknown>>;

/** A scenario for whatever configuration, or one that depends on it, so that a better one ends it. */
export type ScenarioChoice = Scenario | ((config: Readonly<Record<string, unknown>>) => Scenario | undefined);

/**
 * How a service of this configuration fails, if it does.
 *
 * @throws {TypeError} when the choice falls on a scenario that there isn't.
 */
export function failIn(choice: ScenarioChoice, config: Config, region: string): Failure | undefined {
  const scenario = typeof choice === "function" ? choice(config) : choice;
  if (scenario === undefined) return undefined;
  if (isScenario(scenario)) return scenarios[scenario](config, region);
  throw new TypeError(`there is no scenario "${scenario}"; there are ${scenarioNames.join(", ")}`);
}

const scenarios: Readonly<Record<Scenario, (config: Config, region: string) => Failure>> = {
  ImagePullBackOff: imagePull,
  OOMKilled: outOfMemory,
  WrongPort: wrongPort,
  QuotaExceeded: quota,
  ModelMissing: (config) => modelMissing(config),
  PermissionDenied: permission,
};

/** Whether there is such a scenario. */
export function isScenario(name: unknown): name is Scenario {
  return typeof name === "string" && Object.hasOwn(scenarios, name);
}

/** Names of all scenarios. */
export const scenarioNames: readonly string[] = Object.keys(scenarios);
