import { describeService, type EasDescription } from "../../../core/eas-service.ts";
import type { ServiceConfig } from "../../../core/service-config.ts";
import type { ServiceDescription, StateChangeOptions } from "../../../core/service.ts";
import { EasService } from "../eas-service.ts";
import { explainedRefusal } from "../failure/refusal.ts";
import { copyJsonObject, isJsonObject, mergeJson } from "../json-object.ts";
import { type ConfigProblem, InvalidConfigError, validateConfig } from "../validate/mod.ts";
import { requestTimeout, staysAsItIs } from "../waiting/wait.ts";
import { timeLeft, watchOf } from "../waiting/watch.ts";
import { callService, changed, clientOf, type EasRef, settle } from "./ref.ts";

/** What a change asks of the control plane. */
export interface ChangeCall {
  /** What is being done, for messages. */
  verb: string;
  /** The API action. */
  action: string;
  /** End of its path. */
  below: string[];
  /** Query of the call. */
  query?: Record<string, unknown>;
  /** Body of the call. */
  body?: unknown;
  /** Looks at the service before it is asked to change; throws when it can't be. */
  check?: (before: EasDescription) => void;
}

/**
 * Asks a service to become another, and waits until it has and its gateway answers. One that is stopped, or
 * being developed, stays so: then there is nothing to wait for.
 */
export async function change(
  service: EasRef,
  call: ChangeCall,
  { wait = true, ...options }: StateChangeOptions = {},
): Promise<ServiceDescription> {
  const { verb, action, below, query, body, check } = call;
  const { name } = service ?? {};
  const client = clientOf(`Cannot ${verb} service "${name}"`, service);
  const watch = watchOf(client, name, verb, options);
  const { signal } = watch;
  const before = await describeService(client, name, { signal, timeout: timeLeft(watch, requestTimeout) });
  check?.(before);
  const timeout = timeLeft(watch, requestTimeout);
  await callService(service, action, below, { method: "PUT", query, body, signal, timeout }).catch(
    (error) => {
      throw explainedRefusal(error, verb, name, { ...before.config, ...(isJsonObject(body) && body) });
    },
  );
  const handle = service instanceof EasService ? service : new EasService(client, before);
  handle[changed](before);
  if (wait && !staysAsItIs(before.status)) return await handle[settle](verb, options, watch.began);
  return await handle.describe({ signal });
}

/** Options of {@linkcode update}. */
export interface UpdateOptions extends StateChangeOptions {
  /**
   * `merge` changes what is given and keeps the rest, objects key by key and lists as a whole; `replace`
   * forgets what is not given. @default {"merge"}
   */
  type?: "merge" | "replace";
}

/**
 * Changes the configuration of a service, whose version goes up by one; what runs is replaced instance by
 * instance.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-updateservice.
 *
 * @returns How the service is then.
 * @throws {TypeError} when the configuration is no object, or there is no such type.
 * @throws {InvalidConfigError} before the change is sent, when it makes the configuration one that would be refused.
 * @throws {DeployError} when the service does not run with it; it is not put back: see `rollback`.
 * @throws {TimeoutError} when the time is up.
 * @throws {ApiError} when the API refuses.
 */
export async function update(
  service: EasRef,
  config: ServiceConfig,
  { type = "merge", ...options }: UpdateOptions = {},
): Promise<ServiceDescription> {
  const what = `Cannot update service "${service?.name}"`;
  if (!isJsonObject(config)) throw new TypeError(`${what}: the configuration is no object`);
  if (type !== "merge" && type !== "replace") {
    throw new TypeError(`${what}: type is "${type}"; give merge or replace`);
  }
  const query = { UpdateType: type };
  const check = (before: EasDescription): void => checkUpdated(before, config, type);
  return await change(
    service,
    { verb: "update", action: "UpdateService", below: [], query, body: config, check },
    options,
  );
}

/** Refuses what a change makes wrong. What the service runs with already is not judged: it runs. */
function checkUpdated(before: EasDescription, config: ServiceConfig, type: UpdateOptions["type"]): void {
  const updated = copyJsonObject(type === "merge" ? before.config : { name: before.name });
  mergeJson(updated, copyJsonObject(config, [], "refuse"));
  const told = ({ path, message }: ConfigProblem): string => `${path}: ${message}`;
  const known = new Set(validateConfig(before.config).map(told));
  const problems = validateConfig(updated).filter((problem) =>
    problem.severity === "error" && !known.has(told(problem))
  );
  if (problems.length > 0) throw new InvalidConfigError(before.name, problems, "update");
}

/**
 * Changes the number of instances.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-updateservice.
 *
 * @returns How the service is then.
 * @throws {RangeError} when the number is no whole number from 0.
 * @throws {DeployError} when the instances do not run.
 * @throws {TimeoutError} when the time is up.
 * @throws {ApiError} when the API refuses.
 */
export async function scale(
  service: EasRef,
  instances: number,
  options: StateChangeOptions = {},
): Promise<ServiceDescription> {
  if (!Number.isInteger(instances) || instances < 0) {
    throw new RangeError(
      `Cannot scale service "${service?.name}": instances is ${instances}; give a whole number from 0`,
    );
  }
  const body = { metadata: { instance: instances } };
  return await change(service, { verb: "scale", action: "UpdateService", below: [], body }, options);
}

/**
 * Starts all instances of a service anew.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-restartservice.
 *
 * @returns How the service is then.
 * @throws {DeployError} when the service does not run again.
 * @throws {TimeoutError} when the time is up.
 * @throws {ApiError} when the API refuses, as it does for a service that is stopped.
 */
export async function restart(
  service: EasRef,
  options: StateChangeOptions = {},
): Promise<ServiceDescription> {
  return await change(service, { verb: "restart", action: "RestartService", below: ["restart"] }, options);
}
