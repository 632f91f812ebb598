import type { Engine, OperationOptions } from "./engine.ts";

/** An image that the engine has. */
export interface ImageInfo {
  /** Its id: `sha256:…`. */
  id: string;
  /** Names that it has here. */
  tags: string[];
  /** Names with digests, by which registries have it. */
  digests: string[];
  /** Its platform, such as `linux/amd64` or `linux/arm64/v8`. */
  platform: string;
  /** Bytes. */
  size: number;
  /** Labels. */
  labels: Record<string, string>;
  /** Variables that it sets. */
  env: string[];
  /** Program that it starts. */
  entrypoint: string[];
  /** Arguments of its program. */
  command: string[];
  /** Folder where its program starts; empty for the root. */
  workingDir: string;
  /** Who its program runs as; empty for root. */
  user: string;
  /** Ports that it says it serves, such as `8000/tcp`. */
  exposedPorts: string[];
  /** Whether it has a health check of its own. */
  hasHealthCheck: boolean;
}

/** Looks at an image; `undefined` when the engine doesn't have it. */
export async function inspectImage(
  engine: Engine,
  reference: string,
  options?: OperationOptions,
): Promise<ImageInfo | undefined> {
  const response = await engine.call("GET", `/images/${encodeURI(reference)}/json`, {
    accept: [404],
    what: `Cannot look at the image ${reference}`,
    ...options,
  });
  if (response.status === 404) return void await response.body?.cancel();
  return imageInfo(await response.json());
}

/** Removes a name of an image, and the image with its last one; one that is gone already is fine. */
export async function removeImage(
  engine: Engine,
  reference: string,
  { force, ...options }: OperationOptions & { force?: boolean } = {},
): Promise<void> {
  const response = await engine.call("DELETE", `/images/${encodeURI(reference)}`, {
    query: { force: force ? "true" : undefined },
    accept: [404],
    what: `Cannot remove the image ${reference}`,
    ...options,
  });
  await response.body?.cancel();
}

function imageInfo(answer: unknown): ImageInfo {
  const { Id, RepoTags, RepoDigests, Os, Architecture, Variant, Size, Config } = Object(answer);
  const { Labels, Env, Entrypoint, Cmd, WorkingDir, User, ExposedPorts, Healthcheck } = Object(Config);
  return {
    id: Id,
    tags: RepoTags ?? [],
    digests: RepoDigests ?? [],
    platform: [Os, Architecture, Variant].filter(Boolean).join("/"),
    size: Size ?? 0,
    labels: { ...Labels },
    env: Env ?? [],
    entrypoint: Entrypoint ?? [],
    command: Cmd ?? [],
    workingDir: WorkingDir ?? "",
    user: User ?? "",
    exposedPorts: Object.keys(ExposedPorts ?? {}),
    hasHealthCheck: !!Healthcheck && Object(Healthcheck).Test?.[0] !== "NONE",
  };
}
