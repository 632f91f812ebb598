/**
 * Objects in the memory of this process, behind the same port as OSS: for tests.
 *
 * @example
 * ```ts
 * import { memory } from "@pai-edge/sdk/storage/memory";
 *
 * const storage = memory();
 * await storage.put("greeting.txt", "hello");
 * console.log(await (await storage.get("greeting.txt")).text());
 * ```
 *
 * @module
 */
import { md5 } from "@noble/hashes/legacy.js";
import { hex } from "../../core/encoding.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { StorageError } from "../../core/errors.ts";
import { compareUtf8 } from "../../core/percent.ts";
import type {
  GetOptions,
  ListOptions,
  ObjectInfo,
  PutOptions,
  Storage,
  StorageBody,
  StorageCallOptions,
} from "../../core/storage.ts";
import { crc64 } from "./crc64.ts";
import { objectBody } from "./object/body.ts";
import { conditionFault, conditionHeaders, putHeaders, readMetadata } from "./object/headers.ts";
import { checkKey, checkListOptions, checkRange } from "./object/key.ts";

/** Options of {@linkcode memory}. */
export interface MemoryOptions {
  /** Bucket name. @default {"memory"} */
  bucket?: string;
  /** Tells when an object was written. @default {systemClock} */
  clock?: Clock;
}

interface StoredObject {
  info: ObjectInfo;
  /** What `get()` repeats of the headers that came with the content. */
  headers: Record<string, string>;
  content: Uint8Array<ArrayBuffer>;
}

/**
 * A bucket that lives in this process: for tests, and the reference for what a {@linkcode Storage} does.
 */
export function memory(options: MemoryOptions = {}): Storage {
  const { bucket = "memory", clock = systemClock } = options;
  return new Memory(bucket, clock);
}

class Memory implements Storage {
  readonly bucket: string;
  readonly #clock: Clock;
  readonly #objects = new Map<string, StoredObject>();

  constructor(bucket: string, clock: Clock) {
    this.bucket = bucket;
    this.#clock = clock;
  }

  async put(key: string, body: StorageBody, options: PutOptions = {}): Promise<ObjectInfo> {
    checkKey("put", this.bucket, key);
    const { size, ifAbsent = false, signal } = options;
    const uri = `oss://${this.bucket}/${key}`;
    const sent = Object.entries(putHeaders(`Cannot put "${uri}"`, options));
    const headers = Object.fromEntries(sent.filter(([name]) => !/^x-oss-(?!meta-)|-md5$/.test(name)));
    const { content: given } = objectBody(uri, body, size);
    signal?.throwIfAborted();
    const content = await collect(given, signal);
    signal?.throwIfAborted();
    if (ifAbsent && this.#objects.has(key)) {
      throw this.#error("put", key, 409, "FileAlreadyExists", "The object you specified already exists");
    }
    const info: ObjectInfo = {
      key,
      size: content.length,
      etag: hex(md5(content)).toUpperCase(), // as OSS does for objects put in one piece
      lastModified: new Date(Math.floor(this.#clock.now() / 1000) * 1000), // HTTP dates have whole seconds
      contentType: headers["content-type"],
      metadata: readMetadata(new Headers(headers)),
      storageClass: "Standard",
      crc64: `${crc64(content)}`,
    };
    this.#objects.set(key, { info, headers, content });
    return { ...info };
  }

  async get(key: string, options: GetOptions = {}): Promise<Response> {
    checkKey("get", this.bucket, key);
    const { range, signal } = options;
    if (range) checkRange(this.bucket, key, range);
    const conditions = conditionHeaders(`Cannot get "oss://${this.bucket}/${key}"`, options);
    await arrival(signal);
    const stored = this.#objects.get(key);
    if (!stored) throw this.#error("get", key, 404, "NoSuchKey", "The specified key does not exist");
    const { info, content } = stored;
    const fault = conditionFault(info, conditions);
    if (fault) {
      throw this.#error("get", key, fault === "NotModified" ? 304 : 412, fault, "A condition did not hold");
    }
    const headers = new Headers({
      ...stored.headers,
      "content-length": `${info.size}`,
      "etag": `"${info.etag}"`,
      "last-modified": info.lastModified.toUTCString(),
    });
    if (!range) return new Response(content, { headers });
    if (range.start >= info.size) {
      throw this.#error("get", key, 416, "InvalidRange", "The requested range cannot be satisfied");
    }
    const part = content.subarray(range.start, (range.end ?? info.size) + 1);
    headers.set("content-length", `${part.length}`);
    headers.set("content-range", `bytes ${range.start}-${range.start + part.length - 1}/${info.size}`);
    return new Response(part, { status: 206, headers });
  }

  async head(key: string, options: StorageCallOptions = {}): Promise<ObjectInfo | undefined> {
    checkKey("describe", this.bucket, key);
    await arrival(options.signal);
    const stored = this.#objects.get(key);
    return stored && { ...stored.info };
  }

  list(options: ListOptions = {}): AsyncIterable<ObjectInfo> {
    checkListOptions(this.bucket, options);
    return this.#list(options);
  }

  async *#list({ prefix = "", startAfter = "", signal }: ListOptions): AsyncIterable<ObjectInfo> {
    await arrival(signal);
    const keys = [...this.#objects.keys()]
      .filter((key) => key.startsWith(prefix) && compareUtf8(key, startAfter) > 0)
      .sort(compareUtf8);
    for (const key of keys) {
      signal?.throwIfAborted();
      const stored = this.#objects.get(key);
      if (!stored) continue; // deleted since
      const { size, etag, lastModified, storageClass } = stored.info;
      yield { key, size, etag, lastModified, storageClass };
    }
  }

  async delete(key: string, options: StorageCallOptions = {}): Promise<void> {
    checkKey("delete", this.bucket, key);
    await arrival(options.signal);
    this.#objects.delete(key);
  }

  #error(action: string, key: string, status: number, code: string, said: string): StorageError {
    return new StorageError(`Cannot ${action} "oss://${this.bucket}/${key}": ${code} (${said})`, {
      code,
      status,
      key,
    });
  }
}

/** A copy: what the caller does to its buffer later must not change the object. */
async function collect(
  content: Uint8Array<ArrayBuffer> | ArrayBuffer | Blob | ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  if (content instanceof ReadableStream) return await toBytes(content, signal);
  if (content instanceof Blob) return new Uint8Array(await content.arrayBuffer());
  return new Uint8Array(content instanceof ArrayBuffer ? content.slice(0) : content);
}

/** Reads a stream to its end, or cancels it: one that hangs ends with the signal, too. */
async function toBytes(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const cancel = (): void => void reader.cancel(signal?.reason).catch(() => {}); // ends a read that is pending
  signal?.addEventListener("abort", cancel);
  try {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) return new Uint8Array(await new Blob(chunks).arrayBuffer());
      chunks.push(new Uint8Array(value)); // a copy: the chunk is its owner's
    }
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}

/** The moment between a call and its effect, which storage in a network has too. */
async function arrival(signal: AbortSignal | undefined): Promise<void> {
  await Promise.resolve();
  signal?.throwIfAborted();
}
