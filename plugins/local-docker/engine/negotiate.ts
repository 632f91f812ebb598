import { DockerError } from "./docker-error.ts";
import type { Engine, EngineKind, OperationOptions } from "./engine.ts";

/** Versions of the API that this package was written for: the newest, and the oldest that has what it needs. */
export const spoken = { newest: "1.51", oldest: "1.40" } as const;

/** What both sides speak. */
export interface Agreed {
  /** Version of the API. */
  apiVersion: string;
  /** Whose engine it is. */
  kind: EngineKind;
}

/**
 * Asks an engine for its versions and takes the newest that both speak.
 *
 * Source: https://docs.docker.com/reference/api/engine/#versioned-api-and-sdk
 *
 * @throws {DockerError} `ENGINE_VERSION` when there is none.
 */
export async function negotiate(engine: Engine, options: OperationOptions = {}): Promise<Agreed> {
  const what = "Cannot agree on a version with the engine";
  const ping = await engine.call("GET", "/_ping", { ...options, what });
  await ping.body?.cancel();
  const kind =
    ping.headers.has("libpod-api-version") || /libpod|podman/i.test(ping.headers.get("server") ?? "")
      ? "podman"
      : "docker";
  const newest = ping.headers.get("api-version") ?? "";
  // within the range nothing more has to be known, which saves a request
  if (isVersion(newest) && compare(newest, spoken.oldest) >= 0 && compare(newest, spoken.newest) <= 0) {
    return { apiVersion: newest, kind };
  }
  return agree(await (await engine.call("GET", "/version", { ...options, what })).json(), kind);
}

/** The newest version that both speak, given an engine's own account of itself. */
export function agree(version: unknown, kind: EngineKind): Agreed {
  const { ApiVersion, MinAPIVersion, Components } = Object(version);
  const isPodman = Array.isArray(Components) &&
    Components.some((part) => /podman/i.test(`${Object(part).Name}`));
  if (!isVersion(ApiVersion)) {
    throw unfit("it names no version of the API; see that the address is a container engine's");
  }
  if (compare(ApiVersion, spoken.oldest) < 0) {
    throw unfit(
      `it speaks up to ${ApiVersion}, and ${spoken.oldest} is needed; update it to Docker 19.03 or later`,
    );
  }
  if (isVersion(MinAPIVersion) && compare(MinAPIVersion, spoken.newest) > 0) {
    throw unfit(
      `it speaks ${MinAPIVersion} and later, and this package up to ${spoken.newest}; update this package`,
    );
  }
  const apiVersion = compare(ApiVersion, spoken.newest) < 0 ? ApiVersion : spoken.newest;
  return { apiVersion, kind: isPodman ? "podman" : kind };
}

function unfit(state: string): DockerError {
  return new DockerError(`Cannot use the container engine: ${state}`, { code: "ENGINE_VERSION" });
}

function isVersion(text: unknown): text is string {
  return typeof text === "string" && /^\d{1,4}\.\d{1,4}$/.test(text);
}

/** Less than, equal to or greater than zero, as for sorting: 1.9 is older than 1.41. */
export function compare(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA - majorB || minorA - minorB;
}
