import { certificates, contextEndpoint } from "./contexts.ts";
import { dockerFolder, readDockerConfig } from "./docker-config.ts";
import { type Endpoint, type EngineTls, parseEndpoint } from "./endpoint.ts";
import type { Machine } from "./machine.ts";
import { usualSockets } from "./usual-sockets.ts";

/** A place where an engine may be. */
export interface Candidate {
  /** The place; absent when it can't be used, which `reason` tells. */
  endpoint?: Endpoint;
  /** The place, to show. */
  address: string;
  /** Who named it. */
  source: string;
  /** Why it can't be used. */
  reason?: string;
}

/** What the caller says about where the engine is. */
export interface Wanted {
  /** Address of the engine. */
  host?: string;
  /** Name of a Docker context. */
  context?: string;
  /** Certificates for `host`. */
  tls?: EngineTls;
}

/**
 * Places where an engine may be, the likeliest first. Whoever names one means that one: the options, then `DOCKER_HOST`,
 * `DOCKER_CONTEXT` and the context in use. Else it is one of the sockets that engines make.
 *
 * @throws {TypeError} for an address or context among the options that can't be used.
 */
export async function locate(machine: Machine, { host, context, tls }: Wanted = {}): Promise<Candidate[]> {
  if (host !== undefined && context !== undefined) {
    throw new TypeError("Cannot find the engine: both `host` and `context` are given; leave one out");
  }
  if (host !== undefined) return [at(parseEndpoint(host, tls), "the option `host`")];
  if (context !== undefined && context !== "default") {
    return [at(await contextEndpoint(machine, context), `the context "${context}"`)];
  }
  const named = context === undefined ? await namedByMachine(machine) : undefined;
  return named ? [named] : usualSockets(machine).map(({ path, source }) => at(parseEndpoint(path), source));
}

async function namedByMachine(machine: Machine): Promise<Candidate | undefined> {
  const host = machine.env("DOCKER_HOST");
  if (host) return await trying(host, "DOCKER_HOST", async () => parseEndpoint(host, await tlsOf(machine)));
  const fromEnv = machine.env("DOCKER_CONTEXT");
  if (fromEnv === "default") return undefined;
  const [name, source] = fromEnv
    ? [fromEnv, `DOCKER_CONTEXT, "${fromEnv}"`]
    : [(await readDockerConfig(machine)).currentContext, "the context in use"];
  if (!name || name === "default") return undefined;
  return await trying(`context "${name}"`, source, () => contextEndpoint(machine, name));
}

/** What the environment names wrongly is no mistake of the caller, so it becomes a place that can't be used. */
async function trying(address: string, source: string, read: () => Promise<Endpoint>): Promise<Candidate> {
  try {
    return at(await read(), source);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { address: address.replace(/(:\/\/)[^/@]*@/, "$1***@"), source, reason: error.message };
  }
}

function at(endpoint: Endpoint, source: string): Candidate {
  return { endpoint, address: endpoint.address, source };
}

/** TLS is spoken when either variable is set; certificates are always verified, as the tools do with the first one. */
async function tlsOf(machine: Machine): Promise<EngineTls | undefined> {
  const folder = machine.env("DOCKER_CERT_PATH");
  if (!folder && !machine.env("DOCKER_TLS_VERIFY")) return undefined;
  return await certificates(machine, folder ?? dockerFolder(machine) ?? "") ?? {};
}
