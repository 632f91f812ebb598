import { PaiError, StorageError } from "../../../core/errors.ts";
import type { FileSource } from "../../../core/files.ts";
import { filesUnder } from "../../../core/files-under.ts";
import { type OssUri, ossUri, parseOssUri } from "../../../core/oss-uri.ts";
import type { ObjectInfo, Storage } from "../../../core/storage.ts";
import type { Bucket, Store, StoredObject } from "../store.ts";
import { compareUtf8 } from "../wire-text.ts";

/**
 * The files at an address of the emulated storage, read when a container is made; `undefined` when there are none, as
 * a folder may well be empty.
 *
 * @throws {StorageError} with the code `NoSuchBucket`.
 */
export function storedFiles(store: Store, address: string): FileSource | undefined {
  const uri: OssUri = ossUri(address);
  const { bucket: name, key } = parseOssUri(uri);
  const bucket = store.buckets.get(name);
  if (!bucket) {
    throw new StorageError(`Cannot read "oss://${name}/${key}": there is no bucket "${name}"`, {
      code: "NoSuchBucket",
      key,
    });
  }
  const folder = key === "" || key.endsWith("/") ? key : `${key}/`;
  const isThere = [...bucket.objects].some(([path, { size }]) =>
    path === key && size > 0 || path.startsWith(folder) && !(path.endsWith("/") && size === 0)
  );
  return isThere ? filesUnder(readOnly(store, name, bucket), `oss://${name}/${key}`) : undefined;
}

/** A bucket behind the port of storage, to read from. */
function readOnly(store: Store, name: string, { objects }: Bucket): Storage {
  const refuse = (): never => {
    throw new PaiError(`Cannot write to the bucket "${name}": a container gets copies of its objects`);
  };
  return {
    bucket: name,
    put: refuse,
    delete: refuse,
    head: (key) => {
      const object = objects.get(key);
      return Promise.resolve(object && infoOf(key, object));
    },
    get: (key, { range } = {}) => {
      const object = objects.get(key);
      if (!object) {
        throw new StorageError(`Cannot get "oss://${name}/${key}": it is not there any more`, {
          code: "NoSuchKey",
          key,
        });
      }
      const { start = 0, end = object.size - 1 } = range ?? {};
      return Promise.resolve(new Response(store.read(object, [start, Math.min(end + 1, object.size)])));
    },
    async *list({ prefix = "" } = {}) {
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort(compareUtf8);
      for (const key of keys) {
        const object = objects.get(key);
        if (object) yield infoOf(key, object);
      }
    },
  };
}

function infoOf(key: string, { size, etag, lastModified }: StoredObject): ObjectInfo {
  return { key, size, etag, lastModified: new Date(lastModified) };
}
