import type { Client } from "../../../core/client.ts";
import type { FileSource } from "../../../core/files.ts";
import type { OssUri } from "../../../core/oss-uri.ts";
import type { ProgressEvent } from "../../../core/service.ts";
import type { Storage } from "../../../core/storage.ts";
import { byContent } from "../uploads/naming.ts";
import { filesOf, planUploads } from "../uploads/plan.ts";
import { missingFiles } from "../uploads/stored.ts";
import { upload } from "../uploads/upload.ts";

/** Where the files of a model go. */
export interface StoreFilesOptions {
  /** Where they are uploaded to. */
  storage: Storage;
  /** What their keys start with. */
  prefix: string;
  /** Cancels the upload. */
  signal?: AbortSignal;
  /** Hears of each step. */
  onProgress?: (event: ProgressEvent) => void;
}

/** Uploads the files of a model as `apply()` does: named after their content, those that are there not again. */
export async function storeFiles(
  what: string,
  client: Client,
  source: FileSource,
  { storage, prefix, signal = new AbortController().signal, onProgress }: StoreFilesOptions,
): Promise<OssUri> {
  const began = client.clock.now();
  const report = (event: Omit<ProgressEvent, "elapsed">): void =>
    onProgress?.({ ...event, elapsed: client.clock.now() - began });
  const naming = byContent({ report, signal });
  const { uploads, addressOf } = await planUploads([source], { bucket: storage.bucket, prefix, naming });
  const missing = await missingFiles(filesOf(uploads), storage, signal);
  await upload([...missing], { what, storage, signal, timeout: Infinity, report, written: new Set() });
  return addressOf(source);
}
