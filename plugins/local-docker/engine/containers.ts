import { bounded } from "../../../core/timeout.ts";
import type { CallOptions, Engine, OperationOptions } from "./engine.ts";

/** Options of {@linkcode createContainer}. */
export interface CreateContainerOptions extends OperationOptions {
  /** Name of the container. @default {the engine's choice} */
  name?: string;
  /** Platform of the image, such as `linux/amd64`. @default {the engine's own} */
  platform?: string;
}

/**
 * Makes a container, which does not run yet, and returns its id. The specification is the body of the Engine API's
 * `POST /containers/create`.
 *
 * @throws {DockerError} `IMAGE_NOT_FOUND` when the image is not there, `CONFLICT` when the name is taken.
 */
export async function createContainer(
  engine: Engine,
  spec: Readonly<Record<string, unknown>>,
  { name, platform, ...options }: CreateContainerOptions = {},
): Promise<string> {
  const response = await engine.call("POST", "/containers/create", {
    query: { name, platform },
    json: spec,
    what: `Cannot create the container${name ? ` "${name}"` : ""}`,
    ...options,
  });
  return (await response.json()).Id;
}

/**
 * Starts a container; one that runs goes on running.
 *
 * @throws {DockerError} `PORT_TAKEN`, `NO_DEVICE`, `COMMAND_NOT_FOUND` … and what else keeps it from starting.
 */
export async function startContainer(engine: Engine, id: string, options?: OperationOptions): Promise<void> {
  await run(engine, "POST", `${path(id)}/start`, {
    what: `Cannot start the container ${short(id)}`,
    ...options,
  });
}

/** Options of {@linkcode stopContainer}. */
export interface StopContainerOptions extends OperationOptions {
  /** Seconds that its program has to end by itself before it is killed. @default {10} */
  graceSeconds?: number;
}

/** Stops a container; one that doesn't run stays so. */
export async function stopContainer(
  engine: Engine,
  id: string,
  { graceSeconds = 10, ...options }: StopContainerOptions = {},
): Promise<void> {
  await run(engine, "POST", `${path(id)}/stop`, {
    query: { t: `${graceSeconds}` },
    what: `Cannot stop the container ${short(id)}`,
    ...options,
  });
}

/**
 * Sends a signal to a container's program.
 *
 * @param options `signalName` is `SIGKILL` unless given.
 * @throws {DockerError} `CONFLICT` when it doesn't run.
 */
export async function killContainer(
  engine: Engine,
  id: string,
  { signalName = "SIGKILL", ...options }: OperationOptions & { signalName?: string } = {},
): Promise<void> {
  await run(engine, "POST", `${path(id)}/kill`, {
    query: { signal: signalName },
    what: `Cannot kill the container ${short(id)}`,
    ...options,
  });
}

/** Waits until a container doesn't run, and returns its exit code. `timeout` bounds the whole wait. */
export async function waitContainer(
  engine: Engine,
  id: string,
  { timeout = Infinity, signal }: OperationOptions = {},
): Promise<number> {
  const what = `Cannot wait for the container ${short(id)}`;
  return await bounded(what, timeout, signal, async (signal, call) => {
    call.lacks = "end of it";
    const response = await engine.call("POST", `${path(id)}/wait`, { what, signal });
    return (await response.json()).StatusCode;
  });
}

/** Options of {@linkcode removeContainer}. */
export interface RemoveContainerOptions extends OperationOptions {
  /** Whether it is killed when it runs. @default {false} */
  force?: boolean;
  /** Whether its anonymous volumes go too. @default {false} */
  volumes?: boolean;
}

/**
 * Removes a container; one that is gone already is fine, and one that goes is waited for.
 *
 * @throws {DockerError} `CONFLICT` when it runs and `force` is not set.
 */
export async function removeContainer(
  engine: Engine,
  id: string,
  { force, volumes, ...options }: RemoveContainerOptions = {},
): Promise<void> {
  const what = `Cannot remove the container ${short(id)}`;
  const query = { force: force ? "true" : undefined, v: volumes ? "true" : undefined };
  try {
    await run(engine, "DELETE", path(id), { query, accept: [404], what, ...options });
  } catch (error) {
    if (!/removal of container .* is already in progress/i.test(`${error}`)) throw error;
    await run(engine, "POST", `${path(id)}/wait`, {
      query: { condition: "removed" },
      accept: [404],
      what,
      ...options,
    });
  }
}

async function run(engine: Engine, method: string, path: string, options: CallOptions): Promise<void> {
  await (await engine.call(method, path, options)).body?.cancel();
}

/** Path of a container, by its id or name. */
export function path(id: string): string {
  return `/containers/${encodeURIComponent(id)}`;
}

/** An id as people write it; a name stays whole. */
export function short(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : `"${id}"`;
}
