import type { ObjectInfo, PutOptions, Storage, StorageBody } from "../../../core/storage.ts";
import type { OssAccess } from "./signer.ts";

/** Options of {@linkcode OssBucket.put}. */
export interface OssPutOptions extends PutOptions {
  /**
   * What the object costs to keep and to read: `Standard`, `IA`, `Archive`, `ColdArchive` or `DeepColdArchive`.
   * @default {the bucket's}
   */
  storageClass?: string;
  /** Up to 10 tags: https://help.aliyun.com/zh/oss/user-guide/object-tagging-8 */
  tags?: Readonly<Record<string, string>>;
}

/** A request of OSS, for the operations that have no function of their own. */
export interface OssRequest {
  /** What is attempted, as errors tell it: `list the parts of`. @default {"call"} */
  action?: string;
  /** HTTP method in upper case. */
  method: string;
  /** The object; absent when the request is about the bucket. */
  key?: string;
  /** Query parameters; `""` stands for a name without a value, `undefined` for none at all. */
  query?: Readonly<Record<string, string | undefined>>;
  /** Headers by lower-case name. */
  headers?: Readonly<Record<string, string>>;
  /** What is sent. A stream is sent once and can't be retried. */
  body?: StorageBody;
  /** Length of a stream in bytes, where it is known. */
  size?: number;
  /** Cancels the request, and the reading of its answer. */
  signal?: AbortSignal;
  /** Whether the request may run twice, so that it is retried when it broke before an answer. @default {true} */
  idempotent?: boolean;
}

/** A bucket of OSS. What not every caller needs is a function that takes one. */
export interface OssBucket extends Storage {
  /** The bucket's region, such as `cn-hangzhou`. */
  readonly region: string;
  /** What it takes to write a request that somebody else sends. */
  readonly access: OssAccess;
  /** Writes an object. */
  put(key: string, body: StorageBody, options?: OssPutOptions): Promise<ObjectInfo>;
  /**
   * Signs and sends any request, with the retries of every other call.
   *
   * @returns The answer, whose status is 2xx and whose body is still to be read.
   * @throws {StorageError} when OSS refuses or can't be reached.
   */
  request(request: OssRequest): Promise<Response>;
}
