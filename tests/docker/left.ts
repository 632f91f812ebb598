/**
 * What is there, so that a test can see that nothing is left.
 *
 * @module
 */
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Engine } from "../../plugins/local-docker/engine/engine.ts";
import { listContainers } from "../../plugins/local-docker/engine/list-containers.ts";
import { listVolumes } from "../../plugins/local-docker/engine/volumes.ts";

/** What is there now, of an engine's containers and volumes and of this package's temporary folders: names. */
export async function counted(
  engine: Engine,
): Promise<Record<"containers" | "volumes" | "folders", string[]>> {
  const containers = await listContainers(engine, { all: true });
  const volumes = await listVolumes(engine);
  return {
    containers: containers.map(({ name }) => name).sort(),
    volumes: volumes.map(({ name }) => name).sort(),
    folders: readdirSync(tmpdir()).filter((name) => name.startsWith("pai-edge-docker-")).sort(),
  };
}
