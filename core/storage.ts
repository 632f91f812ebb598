/** What a {@linkcode Storage} says about an object. */
export interface ObjectInfo {
  /** Key inside the bucket. */
  key: string;
  /** Length in bytes. */
  size: number;
  /** Entity tag without its quotes. */
  etag: string;
  /** Time of the last write. */
  lastModified: Date;
  /** Media type; listings don't tell. */
  contentType?: string;
  /** The caller's own notes by lower-case name; listings don't tell. Absent when there are none. */
  metadata?: Readonly<Record<string, string>>;
  /** What the storage charges for, such as `Standard` or `IA`, where it tells. */
  storageClass?: string;
  /** CRC-64/XZ of the content as an unsigned decimal number, where the storage tells it; listings don't. */
  crc64?: string;
}

/** Anything that can be stored. A stream or an async iterable is sent once and can't be retried. */
export type StorageBody =
  | string
  | Uint8Array<ArrayBuffer>
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** Options that every call of a {@linkcode Storage} takes. */
export interface StorageCallOptions {
  /** Cancels the call. */
  signal?: AbortSignal;
}

/** Options of {@linkcode Storage.put}. */
export interface PutOptions extends StorageCallOptions {
  /** Media type. @default {"application/octet-stream"} */
  contentType?: string;
  /** Length of a stream in bytes, where it is known. */
  size?: number;
  /** Refuses with the code `FileAlreadyExists` instead of replacing an object. @default {false} */
  ifAbsent?: boolean;
  /** Notes that {@linkcode Storage.head} gives back: any text, under names of `a-z`, `0-9` and inner hyphens. */
  metadata?: Readonly<Record<string, string>>;
  /**
   * Headers that readers are to get: `cache-control`, `content-disposition`, `content-encoding`, `content-language`
   * or `expires`; and those of the storage's own that begin with `x-oss-`, which others ignore.
   */
  headers?: Readonly<Record<string, string>>;
}

/** Options of {@linkcode Storage.get}. */
export interface GetOptions extends StorageCallOptions {
  /** First and last byte, both included; the last is the object's when absent. */
  range?: { start: number; end?: number };
  /** Refuses with the code `PreconditionFailed` when the object's entity tag is another. */
  ifMatch?: string;
  /** Refuses with the code `NotModified` when the object's entity tag is this one. */
  ifNoneMatch?: string;
  /** Refuses with the code `NotModified` when the object was not written after this second. */
  ifModifiedSince?: Date;
  /** Refuses with the code `PreconditionFailed` when the object was written after this second. */
  ifUnmodifiedSince?: Date;
}

/** Options of {@linkcode Storage.list}. */
export interface ListOptions extends StorageCallOptions {
  /** Only keys that start so. @default {""} */
  prefix?: string;
  /** Lists from the first key after this one. */
  startAfter?: string;
  /** Keys fetched in one request, 1 to 1000. @default {1000} */
  pageSize?: number;
}

/** Objects in one bucket. Implemented by `oss()` and `memory()`, or by anything of this shape. */
export interface Storage {
  /** The bucket. */
  readonly bucket: string;
  /** Writes an object. */
  put(key: string, body: StorageBody, options?: PutOptions): Promise<ObjectInfo>;
  /** Reads an object; rejects with a {@linkcode StorageError} whose code is `NoSuchKey` when there is none. */
  get(key: string, options?: GetOptions): Promise<Response>;
  /** Describes an object; `undefined` when there is none. */
  head(key: string, options?: StorageCallOptions): Promise<ObjectInfo | undefined>;
  /** Lists objects in the order of their keys' UTF-8 bytes. Pages never leak. */
  list(options?: ListOptions): AsyncIterable<ObjectInfo>;
  /** Deletes an object; deleting what isn't there succeeds. */
  delete(key: string, options?: StorageCallOptions): Promise<void>;
}
