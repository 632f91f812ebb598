import type { Engine, OperationOptions } from "./engine.ts";
import { filters, type LabelFilter } from "./filters.ts";

/** A volume to make. */
export interface VolumeSpec {
  /** Its name. @default {the engine's choice} */
  name?: string;
  /** Labels. */
  labels?: Readonly<Record<string, string>>;
  /** Who keeps it. @default {"local"} */
  driver?: string;
  /** What the driver wants to know: `{ type: "nfs", o: "addr=…", device: ":/path" }`. */
  driverOptions?: Readonly<Record<string, string>>;
}

/** A volume. */
export interface Volume {
  /** Its name. */
  name: string;
  /** Labels. */
  labels: Record<string, string>;
  /** When it was made, if the engine knows. */
  createdAt: Date | undefined;
}

/** Makes a volume and returns its name. One of that name that is there already is returned as it is. */
export async function createVolume(
  engine: Engine,
  spec: VolumeSpec = {},
  options?: OperationOptions,
): Promise<string> {
  const { name, labels, driver, driverOptions } = spec;
  const response = await engine.call("POST", "/volumes/create", {
    json: { Name: name, Labels: labels, Driver: driver, DriverOpts: driverOptions },
    what: `Cannot make the volume${name ? ` "${name}"` : ""}`,
    ...options,
  });
  return (await response.json()).Name;
}

/**
 * Removes a volume; one that is gone already is fine.
 *
 * @throws {DockerError} `CONFLICT` when a container has it.
 */
export async function removeVolume(engine: Engine, name: string, options?: OperationOptions): Promise<void> {
  const response = await engine.call("DELETE", `/volumes/${encodeURIComponent(name)}`, {
    accept: [404],
    what: `Cannot remove the volume "${name}"`,
    ...options,
  });
  await response.body?.cancel();
}

/** Lists volumes, all or those with labels. */
export async function listVolumes(
  engine: Engine,
  { labels, ...options }: OperationOptions & { labels?: LabelFilter } = {},
): Promise<Volume[]> {
  const what = "Cannot list volumes";
  const response = await engine.call("GET", "/volumes", {
    query: { filters: filters(labels) },
    what,
    ...options,
  });
  const found: Record<string, unknown>[] = (await response.json()).Volumes ?? []; // null when there are none
  return found.map(({ Name, Labels, CreatedAt }) => ({
    name: `${Name}`,
    labels: { ...Object(Labels) },
    createdAt: typeof CreatedAt === "string" ? new Date(CreatedAt) : undefined,
  }));
}
