import { DockerError, type EngineAttempt } from "./docker-error.ts";
import type { Endpoint, EngineTls } from "./endpoint.ts";
import type { Engine } from "./engine.ts";
import { engineAt } from "./engine-at.ts";
import { howToStart } from "./how-to-start.ts";
import { type Candidate, locate } from "./locate.ts";
import type { Machine } from "./machine.ts";
import { negotiate } from "./negotiate.ts";
import { thisMachine } from "./this-machine.ts";
import { transport } from "./transport.ts";
import { whyNot } from "./why-not.ts";

/** Options of {@linkcode connectEngine}. */
export interface ConnectOptions {
  /**
   * Address of the engine: `unix:///path`, `npipe:////./pipe/name`, `tcp://host:port` or `https://host:port`.
   * @default {`DOCKER_HOST`, else the Docker context in use, else the first usual socket that answers}
   */
  host?: string;
  /** Name of a Docker context, instead of `host`. */
  context?: string;
  /** Certificates for `host`. */
  tls?: EngineTls;
  /** Whether the engine runs on this machine. @default {what its address tells} */
  isLocal?: boolean;
  /** Ends the search. */
  signal?: AbortSignal;
  /** Milliseconds that each place has to answer. @default {5000} */
  timeout?: number;
  /** What is asked for environment, files and the user. @default {this machine} */
  machine?: Machine;
}

/**
 * Finds an engine, sees that it answers, and agrees with it on a version of the API. Nothing is kept: a second call
 * searches again.
 *
 * @throws {DockerError} `NO_ENGINE` with all that was tried and how to start one; `ENGINE_VERSION` when it is too old
 * or too new; {@linkcode TypeError} for an address or context among the options that can't be used.
 */
export async function connectEngine(options: ConnectOptions = {}): Promise<Engine> {
  const { machine = thisMachine(), timeout = 5000, signal, isLocal } = options;
  const tried: EngineAttempt[] = [];
  for (const candidate of await locate(machine, options)) {
    signal?.throwIfAborted();
    const reason = candidate.reason ?? await absence(machine, candidate.endpoint);
    if (reason) {
      tried.push({ address: candidate.address, source: candidate.source, reason });
      continue;
    }
    const answer = await ask(candidate, { timeout, signal, isLocal, machine });
    if ("call" in answer) return answer;
    tried.push(answer);
  }
  const list = tried.map(({ address, source, reason }) => `  ${address} (${source}): ${reason}`).join("\n");
  throw new DockerError(
    `Cannot reach a container engine: none answers; ${howToStart(machine.platform)}. Tried:\n${list}`,
    { code: "NO_ENGINE", tried },
  );
}

/** Why there is no use in connecting, told apart here since runtimes word it differently. */
async function absence(machine: Machine, endpoint: Endpoint | undefined): Promise<string | undefined> {
  const { socketPath } = endpoint ?? {};
  if (socketPath === undefined || machine.platform === "win32") return undefined;
  return await machine.exists(socketPath) === false ? "there is no such socket" : undefined;
}

async function ask(
  { endpoint, address, source }: Candidate,
  { machine, isLocal, ...limits }: {
    timeout: number;
    signal?: AbortSignal;
    isLocal?: boolean;
    machine: Machine;
  },
): Promise<Engine | EngineAttempt> {
  const send = transport(endpoint!); // a candidate without a reason has a place
  try {
    const agreed = await negotiate(engineAt(endpoint!, send, { kind: "docker" }), limits);
    return engineAt(endpoint!, send, { ...agreed, isLocal });
  } catch (error) {
    limits.signal?.throwIfAborted();
    if (error instanceof DockerError && error.code === "ENGINE_VERSION") throw error;
    return { address, source, reason: whyNot(error, machine) };
  }
}
