/**
 * The clients, each used as its readers are told to, on whatever runtime this is. Nothing is kept of what is read.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createReadStream, createWriteStream, openAsBlob } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import AliOss from "ali-oss";
import { createClient } from "../../core/client.ts";
import type { Fetch } from "../../core/fetch.ts";
import { download } from "../../plugins/storage/download.ts";
import { fromDisk } from "../../plugins/storage/files.ts";
import { upload } from "../../plugins/storage/multipart.ts";
import { oss } from "../../plugins/storage/oss.ts";
import { getVerified } from "../../plugins/storage/verified.ts";
import { nodeHttpFetch } from "./node-http-fetch.ts";
import { bucket, type Client, noise as gotKey, type Place, put as putKey } from "./operations.ts";

const keys = { accessKeyId: "invented-key", accessKeySecret: "invented-secret" };

/** Up to here an object is put in one request. */
const small = 1 << 20;

/** Chunks of streams. */
const chunkSize = 64 * 1024;
const noise = new Uint8Array(chunkSize).map((_, i) => i * 31);

function* chunks(size: number): Generator<Uint8Array<ArrayBuffer>, void> {
  for (let left = size; left > 0; left -= chunkSize) yield noise.subarray(0, left);
}

function streamOf(size: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const rest = chunks(size);
  return new ReadableStream({
    pull(controller): void {
      const { done, value } = rest.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
}

async function drain(body: ReadableStream<Uint8Array> | null): Promise<number> {
  const reader = body!.getReader(); // there is one
  let size = 0;
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    size += value!.length; // it is not done
  }
  return size;
}

/** Bytes to put, made once. */
const made = new Map<number, Uint8Array<ArrayBuffer>>();
function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  const bytes = made.get(size) ?? new Uint8Array(size).map((_, i) => i * 31);
  made.set(size, bytes);
  return bytes;
}

const sourceIn = ({ folder }: Place, size: number): string => join(folder, `source-${size}`);
const targetIn = ({ folder }: Place): string => join(folder, "target");

/** The part of Bun that is needed. */
interface BunFiles {
  file(path: string): Blob;
  write(target: string | BunObject, source: Response | Blob | BunObject): Promise<number>;
  S3Client: new (options: Record<string, string>) => { file(key: string): BunObject };
}
interface BunObject {
  arrayBuffer(): Promise<ArrayBuffer>;
  stream(): ReadableStream<Uint8Array>;
  write(body: Uint8Array | Blob | Response): Promise<number>;
}
const { Bun } = globalThis as { Bun?: BunFiles }; // there on one of the runtimes
const isDeno = "Deno" in globalThis;

/** What comes with the runtime, and nothing else. */
function bareFetch(place: Place): Client {
  const url = `${place.url}/${bucket}`;
  const put = async (size: number, body: BodyInit, isStream = false): Promise<void> => {
    const response = await fetch(`${url}/${putKey(size)}`, {
      method: "PUT",
      body,
      ...(isStream && { duplex: "half" }),
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`status is ${response.status}`);
  };
  return {
    "put-bytes": (size) => put(size, bytesOf(size)),
    "put-stream": (size) => put(size, streamOf(size), true),
    async "put-file"(size) {
      const path = sourceIn(place, size);
      if (Bun) return await put(size, Bun.file(path));
      if (!isDeno) return await put(size, await openAsBlob(path));
      const file = await Deno.open(path);
      await put(size, file.readable, true);
    },
    "get-bytes": async (size) => (await (await fetch(`${url}/${gotKey(size)}`)).arrayBuffer()).byteLength,
    "get-stream": async (size) => await drain((await fetch(`${url}/${gotKey(size)}`)).body),
    async "get-file"(size) {
      const response = await fetch(`${url}/${gotKey(size)}`), path = targetIn(place);
      if (Bun) return await Bun.write(path, response);
      if (!isDeno) return await pipeline(Readable.from(response.body!), createWriteStream(path));
      const file = await Deno.open(path, { write: true, create: true, truncate: true });
      await response.body!.pipeTo(file.writable);
    },
  };
}

/** This package. */
function ours(place: Place, fetch?: Fetch): Client {
  const client = createClient({
    region: "cn-hangzhou",
    credentials: keys,
    endpoints: { oss: place.url },
    fetch,
  });
  const models = oss(client, { bucket });
  return {
    "put-bytes": (size) => models.put(putKey(size), bytesOf(size)),
    "put-stream": (size) =>
      size > small
        ? upload(models, putKey(size), streamOf(size))
        : models.put(putKey(size), streamOf(size), { size }),
    async "put-file"(size) {
      for await (const file of fromDisk(sourceIn(place, size))) await upload(models, putKey(size), file); // it is one
    },
    "get-bytes": async (size) => (await (await models.get(gotKey(size))).arrayBuffer()).byteLength,
    "get-stream": async (size) => await drain((await getVerified(models, gotKey(size))).body),
    "get-file": async (size) => await download(models, gotKey(size), targetIn(place), { overwrite: true }),
  };
}

/** The part of `ali-oss` that is needed; it comes without types. */
interface AliOssClient {
  put(key: string, source: Buffer | string): Promise<unknown>;
  putStream(key: string, source: Readable): Promise<unknown>;
  multipartUpload(key: string, path: string): Promise<unknown>;
  get(key: string, target?: string): Promise<{ content: Buffer }>;
  getStream(key: string): Promise<{ stream: Readable }>;
}

/** The vendor's client, which has two ways to put a file. */
function aliOss(place: Place): Client & { parts: Client } {
  const options = { ...keys, bucket, region: "oss-cn-hangzhou", authorizationV4: true, timeout: 600_000 };
  const client: AliOssClient = new AliOss({ ...options, endpoint: place.url });
  return {
    "put-bytes": (size) => client.put(putKey(size), Buffer.from(bytesOf(size).buffer)),
    "put-stream": (size) =>
      client.putStream(putKey(size), Readable.from(chunks(size), { objectMode: false })),
    "put-file": (size) => client.putStream(putKey(size), createReadStream(sourceIn(place, size))),
    "get-bytes": async (size) => (await client.get(gotKey(size))).content.length,
    "get-file": (size) => client.get(gotKey(size), targetIn(place)),
    async "get-stream"(size) {
      const { stream } = await client.getStream(gotKey(size));
      await pipeline(stream, new Writable({ write: (_chunk, _encoding, done) => done() }));
    },
    parts: { "put-file": (size) => client.multipartUpload(putKey(size), sourceIn(place, size)) },
  };
}

/** What is built into Bun. */
function bunS3({ S3Client, file, write }: BunFiles, place: Place): Client {
  const { accessKeyId, accessKeySecret: secretAccessKey } = keys;
  const client = new S3Client({
    accessKeyId,
    secretAccessKey,
    bucket,
    endpoint: place.url,
    region: "cn-hangzhou",
  });
  const target = (size: number): BunObject => client.file(putKey(size));
  const source = (size: number): BunObject => client.file(gotKey(size));
  return {
    "put-bytes": (size) => target(size).write(bytesOf(size)),
    "put-stream": (size) => target(size).write(new Response(streamOf(size))),
    "put-file": (size) => target(size).write(file(sourceIn(place, size))),
    "get-bytes": async (size) => (await source(size).arrayBuffer()).byteLength,
    "get-stream": async (size) => await drain(source(size).stream()),
    "get-file": (size) => write(targetIn(place), source(size)),
  };
}

/** All clients that this runtime has, by their names in a process. */
export function clientsIn(place: Place): Readonly<Record<string, Client>> {
  const vendors = aliOss(place);
  return {
    fetch: bareFetch(place),
    ours: ours(place),
    ...(!Bun && !isDeno && { injected: ours(place, nodeHttpFetch()) }),
    "ali-oss": vendors,
    "ali-oss-parts": vendors.parts,
    ...(Bun && { "bun-s3": bunS3(Bun, place) }),
  };
}
