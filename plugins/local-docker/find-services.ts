import { ServiceError } from "../../core/errors.ts";
import type { Serializer } from "../../core/serializer.ts";
import type { ServiceConfig } from "../../core/service-config.ts";
import { DockerError } from "./engine/docker-error.ts";
import type { Engine, OperationOptions } from "./engine/engine.ts";
import { inspectContainer } from "./engine/inspect-container.ts";
import { listContainers, type ListedContainer } from "./engine/list-containers.ts";
import { labels } from "./labels.ts";
import { namePrefix } from "./plan/plan-container.ts";
import { LocalService } from "./service.ts";

/** Options of {@linkcode findService}. */
export interface FindServiceOptions<Input = unknown, Output = unknown> extends OperationOptions {
  /** Format of the service's predictor. @default {json()} */
  serializer?: Serializer<Input, Output>;
}

/** Labels by which {@linkcode findService} knows how to use a container. The environment is left to the container. */
export function serviceLabels(config: ServiceConfig, port: number): Record<string, string> {
  const { token: _, dockerAuth: __, processor_envs: ___, ...rest } = config;
  const containers = config.containers?.map(({ env: _, ...container }) => container);
  const shown = { ...rest, ...(containers && { containers }) };
  return { [labels.config]: JSON.stringify(shown), [labels.port]: String(port) };
}

/**
 * Finds a service that runs or is stopped, whichever process deployed it.
 *
 * @throws {ServiceError} with the code `NotFound` when there is none of this name.
 * @throws {DockerError} when the engine refuses or is gone.
 */
export async function findService<Input = unknown, Output = unknown>(
  engine: Engine,
  name: string,
  { serializer, ...options }: FindServiceOptions<Input, Output> = {},
): Promise<LocalService<Input, Output>> {
  if (typeof name !== "string" || name === "") throw new TypeError("Cannot find a service without a name");
  const [found] = await serviceContainers(engine, { [labels.service]: name }, options);
  const service = found && await serviceOf(engine, found, { serializer, ...options });
  if (service) return service;
  throw new ServiceError(
    `Cannot find service "${name}": no container of the engine ${engine.address} is labelled ${labels.service}=${name}`,
    { serviceName: name, serviceStatus: "Deleted", code: "NotFound" },
  );
}

/**
 * Lists the services of an engine, whichever process deployed them.
 *
 * @throws {DockerError} when the engine refuses or is gone.
 */
export async function* findServices(
  engine: Engine,
  options: OperationOptions = {},
): AsyncGenerator<LocalService, void, undefined> {
  for (const listed of await serviceContainers(engine, { [labels.service]: true }, options)) {
    const service = await serviceOf(engine, listed, options);
    if (service) yield service;
  }
}

/** Containers that serve, by their name: others only copy files while a service is deployed. */
async function serviceContainers(
  engine: Engine,
  wanted: Record<string, string | true>,
  options: OperationOptions,
): Promise<ListedContainer[]> {
  const found = await listContainers(engine, {
    labels: { ...wanted, [labels.port]: true },
    all: true,
    ...options,
  });
  return found.filter(({ name, labels: own }) => name === `${namePrefix}${own[labels.service]}`);
}

/** The service of a container, unless that has gone since it was listed. */
async function serviceOf<Input, Output>(
  engine: Engine,
  { id, labels: found }: ListedContainer,
  { serializer, ...options }: FindServiceOptions<Input, Output>,
): Promise<LocalService<Input, Output> | undefined> {
  const port = Number(found[labels.port]);
  try {
    const { ports } = await inspectContainer(engine, id, options);
    const config = await configOf(engine, id, found[labels.config], options);
    const name = found[labels.service]!; // it was found by it
    const hostPort = ports[`${port}/tcp`];
    return new LocalService(engine, {
      name,
      containerId: id,
      port,
      hostPort,
      config,
      serializer,
    });
  } catch (error) {
    if (error instanceof DockerError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

/** The configuration of the label with the environment of the container, in which secrets may be: to mask them. */
async function configOf(
  engine: Engine,
  id: string,
  label: string | undefined,
  options: OperationOptions,
): Promise<ServiceConfig> {
  const config: ServiceConfig = parsed(label) ?? {};
  const answer = await engine.call("GET", `/containers/${encodeURIComponent(id)}/json`, options);
  const { Image, Env } = Object((await answer.json()).Config);
  const env = texts(JSON.stringify(Env ?? [])).map((pair) => {
    const [, name, value] = /^([^=]*)=?(.*)$/s.exec(pair)!; // matches any text
    return { name: name!, value: value! };
  });
  const [container, ...others] = config.containers ?? [];
  if (!container) return { ...config, processor_envs: env };
  return { ...config, containers: [{ ...container, image: container.image ?? Image, env }, ...others] };
}

/** A label's JSON object; other programs may write labels too. */
function parsed(label: string | undefined): ServiceConfig | undefined {
  try {
    const value: unknown = JSON.parse(label ?? "{}");
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function texts(label: string | undefined): string[] {
  try {
    const value: unknown = JSON.parse(label ?? "[]");
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  } catch {
    return [];
  }
}
