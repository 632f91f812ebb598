import { toBytes } from "@std/streams/to-bytes";
import { type FileEntry, type FileSource, isFileSource } from "../../../core/files.ts";
import { filesUnder } from "../../../core/files-under.ts";
import { parseOssUri } from "../../../core/oss-uri.ts";
import type { Storage } from "../../../core/storage.ts";
import type { Deployment } from "../../../core/target.ts";
import { onlyModel } from "../../processors/model-file.ts";

/** The files of a processor's model. */
export interface ModelFiles {
  /** Where they are from; what a container has mounted. */
  readonly source: FileSource;
  /** The files, without links and folders. */
  readonly entries: readonly FileEntry[];
}

/**
 * Where a model's files are. Nothing is read yet.
 *
 * @param cannot Beginning of messages.
 * @throws {TypeError} when there is no model, or no storage for its bucket.
 */
export function modelSource(
  { modelData }: Deployment,
  storages: readonly Storage[],
  cannot: string,
  signal?: AbortSignal,
): FileSource {
  if (modelData === undefined) throw new TypeError(`${cannot}: it has no model; set modelData`);
  if (isFileSource(modelData)) return modelData;
  const { bucket, key } = parseOssUri(modelData);
  const storage = storages.find((storage) => storage.bucket === bucket);
  if (storage) return filesUnder(storage, `oss://${bucket}/${key}`, { signal });
  const setup = `localDocker({ storage: oss(client, { bucket: "${bucket}" }) })`;
  throw new TypeError(`${cannot}: "oss://${bucket}/${key}" can't be read without its bucket; use ${setup}`);
}

/** Lists a model's files. */
export async function listModel(source: FileSource, signal?: AbortSignal): Promise<ModelFiles> {
  const entries: FileEntry[] = [];
  for await (const entry of source) {
    signal?.throwIfAborted();
    if ((entry.kind ?? "file") === "file") entries.push(entry);
  }
  return { source, entries };
}

/**
 * Reads the one file that a model is, or the only one of a folder whose name ends so.
 *
 * @throws {TypeError} when it can't be told which file is meant.
 */
export async function readModel(
  { source, entries }: ModelFiles,
  endings: readonly string[],
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const isFile = await source.kind() === "file";
  const path = isFile ? entries[0]?.path : onlyModel(entries.map(({ path }) => path), endings);
  const stream = entries.find((entry) => entry.path === path)!.open();
  return await toBytes(signal ? stream.pipeThrough(new TransformStream(), { signal }) : stream);
}
