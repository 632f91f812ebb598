/**
 * Objects in a bucket of Alibaba Cloud OSS, with requests signed by its V4 signature.
 *
 * @example
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { oss } from "@pai-edge/sdk/storage/oss";
 *
 * // With an account: createClient({ region: "cn-hangzhou" }), and a bucket of your own.
 * const models = oss(createClient({ ...emulator() }), { bucket: "emulator-bucket" });
 * await models.put("greeting.txt", "hello", { contentType: "text/plain" });
 * console.log(await (await models.get("greeting.txt")).text());
 * for await (const { key, size } of models.list()) console.log(key, size);
 * ```
 *
 * @module
 */
import type { Client } from "../../core/client.ts";
import type { Clock } from "../../core/clock.ts";
import { StorageError } from "../../core/errors.ts";
import type {
  GetOptions,
  ListOptions,
  ObjectInfo,
  PutOptions,
  StorageBody,
  StorageCallOptions,
} from "../../core/storage.ts";
import { objectBody } from "./object-body.ts";
import { checkKey, checkListOptions, checkRange } from "./object-key.ts";
import { type OssAddress, ossAddress } from "./oss-address.ts";
import type { OssBucket, OssRequest } from "./oss-bucket.ts";
import { readListing } from "./oss-listing.ts";
import { OssSender } from "./oss-send.ts";

export type { OssBucket, OssRequest };

/** Options of {@linkcode oss}. */
export interface OssOptions {
  /** Bucket name. */
  bucket: string;
  /** The bucket's region. Default: the one that the endpoint names, else the client's. */
  region?: string;
  /** Host or address, without the bucket; https when it has no scheme. Default: the client's endpoint for OSS. */
  endpoint?: string;
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
    throw new RangeError(`Cannot use ${timeout} as \`timeout\`: it is no positive number of milliseconds`);
  }
  const address = ossAddress({ region: client.region, endpoint: client.endpoint("oss") }, options);
  return new Oss(address, new OssSender(client, address, timeout), client.clock);
}

class Oss implements OssBucket {
  readonly bucket: string;
  readonly region: string;
  readonly #sender: OssSender;
  readonly #clock: Clock;

  constructor({ bucket, region }: OssAddress, sender: OssSender, clock: Clock) {
    this.bucket = bucket;
    this.region = region;
    this.#sender = sender;
    this.#clock = clock;
  }

  async put(key: string, body: StorageBody, options: PutOptions = {}): Promise<ObjectInfo> {
    checkKey("put", this.bucket, key);
    const { contentType = "application/octet-stream", size, ifAbsent = false, signal } = options;
    const content = objectBody(`oss://${this.bucket}/${key}`, body, size);
    const headers: Record<string, string> = { "content-type": contentType };
    new Headers(headers); // throws here, not inside an attempt, when the type can't be a header's value
    if (ifAbsent) headers["x-oss-forbid-overwrite"] = "true";
    if (size !== undefined && content.content instanceof ReadableStream) {
      headers["content-length"] = `${size}`;
    }
    // A second try could find what the first one wrote, and call it somebody else's.
    const call = { action: "put", method: "PUT", key, headers, body: content, signal, idempotent: !ifAbsent };
    return await this.#sender.send(call, async (response) => {
      await response.body?.cancel();
      return {
        key,
        size: content.size() ?? 0,
        etag: etagOf(response.headers),
        lastModified: this.#time(response.headers, "date"),
        contentType,
      };
    });
  }

  async get(key: string, options: GetOptions = {}): Promise<Response> {
    checkKey("get", this.bucket, key);
    const { range, signal } = options;
    if (range) checkRange(this.bucket, key, range);
    const headers: Record<string, string> = range
      // "standard" refuses a range outside the object; without it OSS would send the whole one:
      // https://help.aliyun.com/zh/oss/how-to-obtain-oss-resources-by-segmenting-http-range-requests
      ? { range: `bytes=${range.start}-${range.end ?? ""}`, "x-oss-range-behavior": "standard" }
      : {};
    return await this.#sender.send(
      { action: "get", method: "GET", key, headers, signal },
      (response) => response,
    );
  }

  async head(key: string, options: StorageCallOptions = {}): Promise<ObjectInfo | undefined> {
    checkKey("describe", this.bucket, key);
    // A compressed answer would come without the object's length.
    const headers = { "accept-encoding": "identity" };
    const call = { action: "describe", method: "HEAD", key, headers, signal: options.signal };
    try {
      return await this.#sender.send(call, ({ headers }) => ({
        key,
        size: Number(headers.get("content-length") ?? 0),
        etag: etagOf(headers),
        lastModified: this.#time(headers, "last-modified"),
        contentType: headers.get("content-type") ?? undefined,
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

  async *#pages({ prefix, startAfter, pageSize = 1000, signal }: ListOptions): AsyncIterable<ObjectInfo> {
    const uri = `oss://${this.bucket}/${prefix ?? ""}`;
    let token: string | undefined;
    do {
      const query: Record<string, string | undefined> = {
        "list-type": "2",
        "encoding-type": "url", // XML has no way to write a control character
        "max-keys": `${pageSize}`,
        prefix: prefix || undefined, // OSS and its clients disagree on how an empty value is signed
        "start-after": token ? undefined : startAfter || undefined,
        "continuation-token": token,
      };
      const call = { action: "list", method: "GET", uri, query, signal };
      const page = await this.#sender.send(call, async (response) => readListing(uri, await response.text()));
      yield* page.objects;
      token = page.next;
    } while (token !== undefined);
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
    return new Date(Number.isNaN(time) ? this.#clock.now() : time);
  }
}

function etagOf(headers: Headers): string {
  return (headers.get("etag") ?? "").replace(/^"|"$/g, "");
}
