/** The parts of a configuration that the emulator looks at. */
export interface LooseConfig {
  /** The vendor's `metadata`. */
  metadata: Record<string, unknown>;
  /** The first container. */
  container: Record<string, unknown> | undefined;
}

/** Those parts, or nothing in their place where users wrote something else. */
export function looseConfig(config: Readonly<Record<string, unknown>>): LooseConfig {
  const { metadata, containers } = config;
  const first: unknown = Array.isArray(containers) ? containers[0] : undefined;
  return { metadata: isObject(metadata) ? metadata : {}, container: isObject(first) ? first : undefined };
}

/** Port that a configuration's service listens on. */
export function portOf(config: Readonly<Record<string, unknown>>): number {
  const { container } = looseConfig(config);
  return Number(container?.port ?? (container ? 8000 : 8080)) || 0;
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
