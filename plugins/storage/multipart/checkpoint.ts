import type { StoredPart, UploadTarget } from "./calls.ts";
import { changed } from "./source.ts";
import type { PartPlan } from "./plan.ts";

/** What an upload needs to go on in another process. Plain JSON without secrets, to be kept wherever. */
export interface UploadCheckpoint {
  /** Shape of this value. */
  version: 1;
  /** Bucket of the object. */
  bucket: string;
  /** Key of the object. */
  key: string;
  /** Id of the multipart upload. */
  uploadId: string;
  /** Length of the first part in bytes. */
  partSize: number;
  /** Length of the source in bytes, where it is known. */
  size?: number;
  /** State of the source, where it tells. */
  fingerprint?: string;
  /** Parts that have arrived, in order. */
  parts: { number: number; size: number; etag: string; crc64: string }[];
}

/**
 * Checks a checkpoint that may come from anywhere.
 *
 * @throws {TypeError} when it is none, or that of another object.
 * @throws {PaiError} with the code `FileChanged` when its source was another, or in another state.
 */
export function checkCheckpoint(
  what: string,
  { bucket, key }: UploadTarget,
  checkpoint: UploadCheckpoint,
  source: { size: number | undefined; fingerprint: string | undefined },
): void {
  if (!isCheckpoint(checkpoint)) throw new TypeError(`${what}: \`checkpoint\` is none of this package's`);
  if (checkpoint.bucket !== bucket.bucket || checkpoint.key !== key) {
    throw new TypeError(`${what}: the checkpoint is of "oss://${checkpoint.bucket}/${checkpoint.key}"`);
  }
  const { size, fingerprint } = checkpoint;
  if (size !== source.size) {
    throw changed(
      what,
      `the source has ${source.size ?? "an unknown number of"} bytes, the checkpoint's had ${size}`,
    );
  }
  if (fingerprint !== undefined && source.fingerprint !== undefined && fingerprint !== source.fingerprint) {
    throw changed(what, "the source has changed since the checkpoint");
  }
}

function isCheckpoint(value: unknown): value is UploadCheckpoint {
  const { version, uploadId, partSize, size = 0, fingerprint = "", parts }: Partial<UploadCheckpoint> =
    Object(value);
  return version === 1 && typeof uploadId === "string" && Number.isSafeInteger(partSize) &&
    Number.isSafeInteger(size) && typeof fingerprint === "string" && Array.isArray(parts) &&
    parts.every((part) =>
      Number.isSafeInteger(part?.number) && Number.isSafeInteger(part.size) &&
      typeof part.etag === "string" &&
      /^\d{1,20}$/.test(part.crc64)
    );
}

/** The parts of a checkpoint that the server has as well. */
export function reconcile(
  checkpoint: UploadCheckpoint,
  stored: readonly StoredPart[],
): Map<number, StoredPart> {
  const theirs = new Map(stored.map((part) => [part.number, part]));
  const same = checkpoint.parts.filter(({ number, size, etag, crc64 }) => {
    const part = theirs.get(number);
    return part?.etag === etag && part.size === size && (part.crc64 === "" || part.crc64 === crc64);
  });
  return new Map(same.map((part) => [part.number, { ...part }]));
}

/** Hands checkpoints to the caller: one at a time, and only the newest of those that came up meanwhile. */
export class CheckpointKeeper {
  readonly #keep: (checkpoint: UploadCheckpoint) => void | Promise<void>;
  #next: (() => UploadCheckpoint) | undefined;
  #keeping: Promise<void> | undefined;

  /** Makes a keeper over the caller's function. */
  constructor(keep: (checkpoint: UploadCheckpoint) => void | Promise<void>) {
    this.#keep = keep;
  }

  /** Hands over a state; resolves when it, or a newer one, has been kept. */
  keep(checkpoint: () => UploadCheckpoint): Promise<void> {
    this.#next = checkpoint;
    return this.#keeping ??= this.#drain();
  }

  async #drain(): Promise<void> {
    try {
      for (let next = this.#next; next; next = this.#next) {
        this.#next = undefined;
        await this.#keep(next());
      }
    } finally {
      this.#keeping = undefined;
    }
  }
}

/** The state of an upload. */
export function checkpointOf(
  { bucket, key }: UploadTarget,
  uploadId: string,
  { partSize, size }: PartPlan,
  fingerprint: string | undefined,
  parts: Iterable<StoredPart>,
): UploadCheckpoint {
  const sorted = [...parts].sort((a, b) => a.number - b.number);
  return { version: 1, bucket: bucket.bucket, key, uploadId, partSize, size, fingerprint, parts: sorted };
}
