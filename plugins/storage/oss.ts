/**
 * Objects in a bucket of Alibaba Cloud OSS, with requests signed by its V4 signature.
 *
 * @example
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { deleteMany, oss, presign } from "@pai-edge/sdk/storage/oss";
 *
 * // With an account: createClient({ region: "cn-hangzhou" }), and a bucket of your own.
 * const models = oss(createClient({ ...emulator() }), { bucket: "emulator-bucket" });
 * await models.put("greeting.txt", "hello", { contentType: "text/plain" });
 * console.log(await (await models.get("greeting.txt")).text());
 * for await (const { key, size } of models.list()) console.log(key, size);
 *
 * const { url } = await presign(models, { key: "greeting.txt", expires: 60 }); // a secret: who has it can read
 * await deleteMany(models, ["greeting.txt"]);
 * ```
 *
 * @module
 */
import type { Client } from "../../core/client.ts";
import { StorageError } from "../../core/errors.ts";
import type {
  GetOptions,
  ListOptions,
  ObjectInfo,
  StorageBody,
  StorageCallOptions,
} from "../../core/storage.ts";
import { objectBody } from "./object/body.ts";
import { conditionHeaders, putHeaders, readMetadata } from "./object/headers.ts";
import { checkKey, checkListOptions, checkRange } from "./object/key.ts";
import { type OssAddress, ossAddress, type OssAddressing } from "./oss/address.ts";
import type { OssBucket, OssPutOptions, OssRequest } from "./oss/bucket.ts";
import { etagOf, listPages } from "./oss/listing.ts";
import { OssSender } from "./oss/send.ts";
import type { OssAccess, OssSigner, OssSigningPlace, OssSigningRequest } from "./oss/signer.ts";
import { headersV4, ossV4, type OssV4Options } from "./oss/signature-v4.ts";
import { type UploadCheck, verifyCrc64 } from "./oss/verify-crc64.ts";

export type { OssAccess, OssAddressing, OssBucket, OssPutOptions, OssRequest };
export type { OssSigner, OssSigningPlace, OssSigningRequest };
export { ossV4, type OssV4Options };
export { type UploadCheck, verifyCrc64 };
export { type CopiedObject, copy, type CopyOptions, type CopySource } from "./oss/copy.ts";
export {
  type DeleteFailure,
  deleteMany,
  type DeleteManyOptions,
  type DeleteManyResult,
} from "./oss/delete-many.ts";
export {
  type FolderEntry,
  type FolderPrefix,
  listFolder,
  type ListFolderOptions,
} from "./oss/list-folder.ts";
export { deleteTags, getTags, putTags } from "./oss/tags.ts";
export { presign, type PresignedRequest, type PresignOptions } from "./oss/presign.ts";

/** Options of {@linkcode oss}. */
export interface OssOptions {
  /** Bucket name. Bucket and endpoint of an address: `oss(client, parseOssUri("oss://b.oss-cn-beijing.aliyuncs.com"))`. */
  bucket: string;
  /** The bucket's region. Default: the one that the endpoint names, else the client's. */
  region?: string;
  /**
   * Host or address, without the bucket; https when it has no scheme. Default: the client's endpoint for OSS. The
   * accelerated ones, such as `oss-accelerate.aliyuncs.com`, name no region.
   */
  endpoint?: string;
  /**
   * Where addresses have the bucket: in the host name (`virtual`), as first part of the path (`path`), or nowhere,
   * since the endpoint is a domain that is bound to the bucket (`cname`).
   *
   * @default {"path" where the endpoint is an IP address or a name without a dot, else "virtual"}
   */
  addressing?: OssAddressing;
  /** Signs the requests: `ossV1()` of `./storage/oss-v1` for old servers. @default {ossV4()} */
  signer?: OssSigner;
  /**
   * Compares what `put()` sent with what OSS tells of it: `verifyCrc64`. It is no default, since it weighs 1.7 KB and
   * takes a second for each 1 to 3 GB. @default {nothing is compared}
   */
  verify?: (what: string, key: string) => UploadCheck;
  /**
   * Longest wait for an answer in milliseconds, retries included; a body of a known size is given one more for
   * each 64 bytes, a stream of unknown length any time. Reading an object isn't bounded. @default {60000}
   */
  timeout?: number;
}

/**
 * A bucket of Alibaba Cloud OSS.
 *
 * @throws {TypeError} when the bucket, region or endpoint can't be one.
 * @throws {RangeError} when the time-out is no positive number.
 */
export function oss(client: Client, options: OssOptions): OssBucket {
  const { timeout = 60_000 } = options;
  if (!(timeout > 0)) {
    throw new RangeError(`Cannot use a \`timeout\` of ${timeout} ms`);
  }
  const address = ossAddress({ region: client.region, endpoint: client.endpoint("oss") }, options);
  return new Oss(
    address,
    new OssSender(client, address, options.signer ?? headersV4(), timeout),
    options.verify,
  );
}

// An answer that is compressed on its way would come without the object's length and entity tag.
const plain: Readonly<Record<string, string>> = { "accept-encoding": "identity" };

class Oss implements OssBucket {
  readonly bucket: string;
  readonly region: string;
  readonly access: OssAccess;
  readonly #sender: OssSender;
  readonly #verify: OssOptions["verify"];

  constructor({ bucket, region }: OssAddress, sender: OssSender, verify: OssOptions["verify"]) {
    this.bucket = bucket;
    this.region = region;
    this.access = this.#sender = sender;
    this.#verify = verify;
  }

  async put(key: string, body: StorageBody, options: OssPutOptions = {}): Promise<ObjectInfo> {
    checkKey("put", this.bucket, key);
    const { size, ifAbsent = false, signal } = options;
    const uri = `oss://${this.bucket}/${key}`;
    const what = `Cannot put "${uri}"`;
    const headers = putHeaders(what, options);
    const check = this.#verify?.(what, key);
    const content = objectBody(uri, body, size, check?.passed);
    if (ifAbsent) headers["x-oss-forbid-overwrite"] = "true";
    if (size !== undefined && content.content instanceof ReadableStream) {
      headers["content-length"] = `${size}`;
    }
    // A second try could find what the first one wrote, and call it somebody else's.
    const call = { action: "put", method: "PUT", key, headers, body: content, signal, idempotent: !ifAbsent };
    return await this.#sender.send(call, async (response) => {
      await response.body?.cancel();
      await check?.compare(response.headers, content.content);
      return {
        key,
        size: content.size() ?? 0,
        etag: etagOf(response.headers.get("etag")),
        lastModified: this.#time(response.headers, "date"),
        contentType: headers["content-type"],
        metadata: options.metadata,
        crc64: response.headers.get("x-oss-hash-crc64ecma") ?? undefined,
      };
    });
  }

  async get(key: string, options: GetOptions = {}): Promise<Response> {
    checkKey("get", this.bucket, key);
    const { range, signal } = options;
    if (range) checkRange(this.bucket, key, range);
    const headers = { ...plain, ...conditionHeaders(`Cannot get "oss://${this.bucket}/${key}"`, options) };
    if (range) {
      headers.range = `bytes=${range.start}-${range.end ?? ""}`;
      // "standard" refuses a range outside the object; without it OSS would send the whole one:
      // https://help.aliyun.com/zh/oss/how-to-obtain-oss-resources-by-segmenting-http-range-requests
      headers["x-oss-range-behavior"] = "standard";
    }
    return await this.#sender.send(
      { action: "get", method: "GET", key, headers, signal },
      (response) => response,
    );
  }

  async head(key: string, options: StorageCallOptions = {}): Promise<ObjectInfo | undefined> {
    checkKey("describe", this.bucket, key);
    const call = { action: "describe", method: "HEAD", key, headers: plain, signal: options.signal };
    try {
      return await this.#sender.send(call, ({ headers }) => ({
        key,
        size: Number(headers.get("content-length") ?? 0),
        etag: etagOf(headers.get("etag")),
        lastModified: this.#time(headers, "last-modified"),
        contentType: headers.get("content-type") ?? undefined,
        metadata: readMetadata(headers),
        storageClass: headers.get("x-oss-storage-class") ?? undefined,
        crc64: headers.get("x-oss-hash-crc64ecma") ?? undefined,
      }));
    } catch (error) {
      if (error instanceof StorageError && error.code === "NoSuchKey") return undefined;
      throw error;
    }
  }

  list(options: ListOptions = {}): AsyncIterable<ObjectInfo> {
    checkListOptions(this.bucket, options);
    return this.#pages(options);
  }

  async *#pages(options: ListOptions): AsyncIterable<ObjectInfo> {
    const { prefix = "", signal } = options;
    const uri = `oss://${this.bucket}/${prefix}`;
    const fetchPage = (query: OssRequest["query"]): Promise<string> =>
      this.#sender.send({ action: "list", method: "GET", uri, query, signal }, (response) => response.text());
    for await (const { objects } of listPages(uri, options, fetchPage)) yield* objects;
  }

  async delete(key: string, options: StorageCallOptions = {}): Promise<void> {
    checkKey("delete", this.bucket, key);
    await this.#sender.send(
      { action: "delete", method: "DELETE", key, signal: options.signal },
      async (response) => {
        await response.body?.cancel();
      },
    );
  }

  async request({ action = "call", body, size, ...request }: OssRequest): Promise<Response> {
    const { key } = request, uri = `oss://${this.bucket}/${key ?? ""}`;
    if (key !== undefined) checkKey(action, this.bucket, key);
    const call = {
      ...request,
      action,
      uri,
      body: body === undefined ? undefined : objectBody(uri, body, size),
    };
    return await this.#sender.send(call, (response) => response);
  }

  #time(headers: Headers, name: string): Date {
    const time = Date.parse(headers.get(name) ?? "");
    return new Date(Number.isNaN(time) ? this.#sender.now() : time);
  }
}
