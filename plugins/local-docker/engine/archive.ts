import { path as pathOf, short } from "./containers.ts";
import type { Engine, OperationOptions } from "./engine.ts";

/**
 * Unpacks a tar, which may be compressed by gzip, into a folder of a container. The folder must be there, which only
 * Podman makes; the container needn't run. A stream is read as fast as the engine unpacks it.
 *
 * @throws {DockerError} `NOT_FOUND` when there is no such container or folder, `NO_SPACE` when the disk is full.
 */
export async function putArchive(
  engine: Engine,
  id: string,
  path: string,
  tar: Uint8Array | ReadableStream<Uint8Array>,
  options?: OperationOptions,
): Promise<void> {
  const response = await engine.call("PUT", `${pathOf(id)}/archive`, {
    query: { path, noOverwriteDirNonDir: "true" },
    headers: { "content-type": "application/x-tar" },
    body: tar,
    what: `Cannot put files into the container ${short(id)} at ${path}`,
    ...options,
  });
  await response.body?.cancel();
}

/**
 * Packs a file or folder of a container as a tar, read as it is asked for.
 *
 * @throws {DockerError} `NOT_FOUND` when it is not there.
 */
export async function getArchive(
  engine: Engine,
  id: string,
  path: string,
  options?: OperationOptions,
): Promise<ReadableStream<Uint8Array>> {
  const what = `Cannot read ${path} of the container ${short(id)}`;
  const response = await engine.call("GET", `${pathOf(id)}/archive`, { query: { path }, what, ...options });
  return response.body ?? new Blob().stream();
}
