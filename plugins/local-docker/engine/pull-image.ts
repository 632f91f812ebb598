import { bounded } from "../../../core/timeout.ts";
import type { Engine, OperationOptions } from "./engine.ts";
import { parseReference } from "./image-reference.ts";
import { jsonLines } from "./json-lines.ts";
import { authHeader, type RegistryAuth } from "./registry-auth.ts";
import { refusal } from "./refusal.ts";

/** How far a pull is. */
export interface PullProgress {
  /** Id of a layer; `undefined` for what concerns the whole image. */
  layer: string | undefined;
  /** In the engine's words: `Downloading`, `Extracting`, `Pull complete` … */
  status: string;
  /** Bytes done of this step. */
  done: number | undefined;
  /** Bytes of this step. */
  total: number | undefined;
}

/** Options of {@linkcode pullImage}. */
export interface PullImageOptions extends Omit<OperationOptions, "timeout"> {
  /** Platform to pull, such as `linux/amd64`. @default {the engine's own} */
  platform?: string;
  /** Account at the registry. @default {none} */
  auth?: RegistryAuth;
  /** Hears how far it is. An error that it throws ends the pull. */
  onProgress?: (progress: PullProgress) => void;
  /** Milliseconds for the whole pull. @default {no bound} */
  timeout?: number;
}

/**
 * Pulls an image. An abort ends the transfer; layers that are complete stay with the engine, and the next pull goes on
 * from there.
 *
 * @throws {DockerError} `IMAGE_NOT_FOUND`, `PULL_REFUSED`, `NO_SPACE` … also when the engine says so midway.
 */
export async function pullImage(
  engine: Engine,
  reference: string,
  options: PullImageOptions = {},
): Promise<void> {
  const { platform, auth, onProgress, timeout = Infinity } = options;
  const { name, tag, digest } = parseReference(reference);
  const what = `Cannot pull the image ${reference}`;
  await bounded(what, timeout, options.signal, async (signal, call) => {
    call.lacks = "image";
    const response = await engine.call("POST", "/images/create", {
      query: { fromImage: name, tag: digest ?? tag, platform },
      headers: auth && { "x-registry-auth": authHeader(auth) },
      signal,
      what,
    });
    for await (const line of jsonLines(response.body ?? new ReadableStream())) {
      const { id, status, progressDetail, error, errorDetail } = Object(line);
      if (error || errorDetail) {
        throw refusal(what, `${Object(errorDetail).message ?? error}`, { secrets: secretsOf(auth) });
      }
      signal.throwIfAborted(); // nobody hears of progress after the end
      const { current, total } = Object(progressDetail);
      onProgress?.({ layer: id, status: `${status ?? ""}`, done: current, total });
    }
  });
}

function secretsOf(auth: RegistryAuth | undefined): (string | undefined)[] {
  return auth ? [auth.password, auth.identityToken] : [];
}
