import { sha256 } from "@noble/hashes/sha2.js";
import { hex } from "../../../core/encoding.ts";
import { PaiError } from "../../../core/errors.ts";
import type { FileSource } from "../../../core/files.ts";
import type { ObjectInfo, Storage } from "../../../core/storage.ts";
import { gzip } from "./gzip.ts";
import { tar, type TarOptions } from "../../archive/tar-stream.ts";
import type { TarGzOptions } from "./tar-gz.ts";

/** Options of {@linkcode uploadArchive}. */
export interface UploadArchiveOptions extends TarGzOptions {
  /** Beginning of the key, such as `models/`. @default {""} */
  prefix?: string;
  /** Whether to compress. @default {true} */
  compress?: boolean;
  /** Sends the archive, such as a multipart upload. Default: `storage.put`. */
  put?: (key: string, archive: ReadableStream<Uint8Array<ArrayBuffer>>) => Promise<ObjectInfo>;
}

/** What {@linkcode uploadArchive} has done. */
export interface UploadedArchive {
  /** Key of the archive: prefix, digest, `.tar.gz` or `.tar`. */
  key: string;
  /** Lower-case hex SHA-256 of the archive before it was compressed. */
  digest: string;
  /** Whether it had to be sent. */
  uploaded: boolean;
  /** What the storage says about it. */
  info: ObjectInfo;
}

/**
 * Tells the digest of an archive without making it: lower-case hex SHA-256 of its bytes before they are compressed.
 *
 * @throws {PaiError} when a file can't be read or packed, see {@linkcode tar}.
 */
export async function archiveDigest(source: FileSource, options: TarOptions = {}): Promise<string> {
  const hash = sha256.create();
  for await (const chunk of tar(source, options)) hash.update(chunk);
  return hex(hash.digest());
}

/**
 * Sends files as an archive that is named by its content, unless it is already there. Files are read twice, first
 * for the name; what changes in between fails the upload, with the code `FileChanged`.
 *
 * @throws {PaiError} when a file can't be read or packed, see {@linkcode tar}.
 * @throws {StorageError} when the storage refuses.
 */
export async function uploadArchive(
  storage: Storage,
  source: FileSource,
  options: UploadArchiveOptions = {},
): Promise<UploadedArchive> {
  const { prefix = "", compress = true, signal, compressor = () => gzip(options) } = options;
  const { put = (key, archive) => storage.put(key, archive, { signal }) } = options;
  const digest = await archiveDigest(source, { ...options, onProgress: undefined });
  const key = `${prefix}${digest}.tar${compress ? ".gz" : ""}`;
  const found = await storage.head(key, { signal });
  if (found) return { key, digest, uploaded: false, info: found };
  const check = checked(source.label, digest);
  const archive = tar(source, options).pipeThrough(check.stream);
  try {
    const info = await put(key, compress ? archive.pipeThrough(compressor()) : archive);
    return { key, digest, uploaded: true, info };
  } catch (error) {
    throw check.failure() ?? error; // a storage may wrap what broke its stream
  }
}

/** Fails at the end of a stream that has another digest: before its receiver takes it for whole. */
function checked(label: string, digest: string): {
  stream: TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>;
  failure: () => unknown;
} {
  const hash = sha256.create();
  let failure: unknown;
  const stream = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      hash.update(chunk);
      controller.enqueue(chunk);
    },
    flush() {
      if (hex(hash.digest()) === digest) return;
      const problem = "the files changed while they were read";
      throw failure = new PaiError(`Cannot upload "${label}": ${problem}`, { code: "FileChanged" });
    },
  });
  return { stream, failure: () => failure };
}
