import { StorageError } from "../../../core/errors.ts";
import type { Clock } from "../../../core/clock.ts";
import { codeOf, initiateUpload, listParts, type UploadTarget } from "./calls.ts";
import { isUnclear, mayRetry, pause } from "./retry.ts";
import { abortUpload, uploadPages } from "./uploads.ts";

/** What beginning an upload needs. */
export interface StartOptions {
  /** Beginning of messages. */
  readonly what: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Attempts after the first. */
  readonly retries: number;
}

/**
 * Begins an upload and tells its id. Where the answer got lost, the upload is looked for before another is
 * begun: else it would stay, and be paid for, unknown to anybody.
 *
 * @throws {StorageError} when OSS refuses, or an upload may have begun that can't be told from others.
 */
export async function startUpload(target: UploadTarget, options: StartOptions): Promise<string> {
  const { headers, signal, clock, retries } = options;
  for (let attempt = 0;; attempt++) {
    const begun = clock.now();
    try {
      return await initiateUpload(target, headers, signal);
    } catch (error) {
      const lost = signal.aborted || isUnclear(error);
      if (lost) {
        const found = await lostUploads(target, clock.now() - begun, options, error);
        if (signal.aborted) {
          for (const id of found) await abortUpload(target.bucket, target.key, id);
        } else if (found[0]) return found[0];
      }
      if (signal.aborted || attempt >= retries || !mayRetry(error)) throw error;
      await pause(attempt, clock, signal);
    }
  }
}

// Times of the server have whole seconds in one place and milliseconds in another.
const inexact = 2000;

/** The upload that began without our hearing of it, if any; looked for also when the upload is cancelled. */
async function lostUploads(
  target: UploadTarget,
  elapsed: number,
  { what, clock }: StartOptions,
  cause: unknown,
): Promise<string[]> {
  const { bucket, key } = target;
  const found: string[] = [];
  try {
    let now = clock.now(); // unless the server tells its own
    const told = (serverTime: number): void => void (now = serverTime || now);
    for await (const upload of uploadPages(bucket, { prefix: key }, told)) {
      if (upload.key !== key) break; // keys that go on come later
      const age = now - upload.initiated.getTime();
      if (age > elapsed + inexact) continue;
      if ((await listParts(target, upload.uploadId))?.length === 0) found.push(upload.uploadId);
    }
  } catch (error) {
    throw doubt(`${what}: an upload may have begun, and can't be looked for (${codeOf(error)})`, key, cause);
  }
  if (found.length <= 1) return found;
  throw doubt(`${what}: one of the uploads ${found.join(", ")} may be what it began`, key, cause);
}

function doubt(state: string, key: string, cause: unknown): StorageError {
  const message = `${state}; see listUploads(), and abortUpload() what is nobody's`;
  return new StorageError(message, { code: codeOf(cause) ?? "NetworkError", key, cause });
}
