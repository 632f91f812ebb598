import type { Storage } from "../../../core/storage.ts";
import { lengthOf } from "../object/version.ts";
import type { ReadPolicy } from "./read-range.ts";
import { getVerified } from "../verified.ts";

/** What an archive held. */
export interface ExtractedArchive {
  /** The folder. */
  path: string;
  /** How many files. */
  files: number;
  /** Bytes of all files. */
  bytes: number;
}

/** What unpacks an archive into a folder: `extract` of `./storage/extract`, or a function that gives it more options. */
export type ExtractArchive = (
  archive: ReadableStream<Uint8Array>,
  folder: string,
  options: { replace: boolean; signal?: AbortSignal },
) => Promise<ExtractedArchive>;

/** How an archive is read. */
export interface ArchivePolicy extends ReadPolicy {
  extract: ExtractArchive;
  replace: boolean;
  /** Told of the archive's length before its first byte. */
  onOpened: (size: number) => void;
  /** Told of bytes that have come. */
  onBytes: (key: string, count: number) => void;
}

/** Extracts an archive on its way, without a file of its own. */
export async function downloadArchive(
  storage: Storage,
  key: string,
  folder: string,
  { extract, replace, onOpened, onBytes, ...policy }: ArchivePolicy,
): Promise<ExtractedArchive> {
  const response = await getVerified(storage, key, policy);
  onOpened(lengthOf(response) ?? 0);
  const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      onBytes(key, chunk.length);
      controller.enqueue(chunk);
    },
  });
  const archive = response.body!.pipeThrough(counted); // it always has one
  return await extract(archive, folder, { replace, signal: policy.signal });
}
