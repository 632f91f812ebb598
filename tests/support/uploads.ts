import { type Client, createClient } from "../../core/client.ts";
import type { Fetch } from "../../core/fetch.ts";
import { type Emulator, emulator, type EmulatorOptions } from "../../plugins/emulator/mod.ts";
import type { ObjectInfo } from "../../core/storage.ts";
import type { FaultyCall } from "../../plugins/emulator/faults.ts";
import {
  listUploads,
  upload,
  type UploadInfo,
  type UploadOptions,
  type UploadSource,
} from "../../plugins/storage/multipart.ts";
import { oss } from "../../plugins/storage/oss.ts";
import type { OssBucket } from "../../plugins/storage/oss/bucket.ts";
import { type FakeClock, fakeClock } from "./fake_clock.ts";

/** Least length of a part that OSS takes. */
export const partSize = 100 * 1024;

/** A bucket of an emulator whose requests can be watched and disturbed. */
export interface TestBucket {
  readonly cloud: Emulator;
  readonly clock: FakeClock;
  /** As the caller has it: through `around`. */
  readonly bucket: OssBucket;
  /** As the test has it: undisturbed. */
  readonly plain: OssBucket;
  /** Requests so far, such as `PUT partNumber`. */
  readonly requests: string[];
  /** The content of an object. */
  read(key: string): Promise<Uint8Array>;
  /** Uploads that are neither complete nor aborted. */
  left(): Promise<UploadInfo[]>;
}

/** Makes a bucket of an emulator of its own. */
export function testBucket(
  around: (fetch: Fetch) => Fetch = (fetch) => fetch,
  options: EmulatorOptions = {},
  credentials?: Client["credentials"],
): TestBucket {
  const clock = fakeClock();
  const cloud = emulator({ clock, ...options });
  const requests: string[] = [];
  const disturbed = around(cloud.fetch);
  const fetch: Fetch = (url, init) => {
    const [operation = ""] = [...new URL(url).searchParams.keys()].filter((name) =>
      !name.startsWith("x-oss")
    );
    requests.push(`${init.method} ${operation}`.trim());
    return disturbed(url, init);
  };
  const of = (fetch: Fetch, change = {}): OssBucket =>
    oss(createClient({ ...cloud, fetch, clock, ...change }), { bucket: "emulator-bucket" });
  const plain = of(cloud.fetch);
  return {
    ...{ cloud, clock, plain, requests },
    bucket: of(fetch, credentials && { credentials }),
    read: async (key) => new Uint8Array(await (await plain.get(key)).arrayBuffer()),
    left: () => Array.fromAsync(listUploads(plain)),
  };
}

/** Uploads in small parts, without waiting for real. */
export function send(
  { bucket, clock }: TestBucket,
  source: UploadSource,
  options: UploadOptions = {},
): Promise<ObjectInfo> {
  return upload(bucket, "key", source, { partSize, clock, ...options });
}

/** What a request does. */
export type Operation =
  | "begin"
  | "part"
  | "complete"
  | "abort"
  | "list"
  | "parts"
  | "head"
  | "put"
  | "delete"
  | "get";

export function operationOf({ method, url: { searchParams: query } }: FaultyCall): Operation {
  if (query.has("partNumber")) return "part";
  if (query.has("uploadId")) return ({ POST: "complete", DELETE: "abort", GET: "parts" } as const)[method]!;
  if (query.has("uploads")) return method === "POST" ? "begin" : "list";
  return ({ HEAD: "head", PUT: "put", DELETE: "delete", GET: "get" } as const)[method]!;
}

/** Bytes that differ from one place to the next, and from one seed to the next. */
export function someBytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  let state = seed * 0x9E3779B1;
  return Uint8Array.from(
    { length },
    () => (state = Math.imul(state ^ state >>> 15, 0x2C1B3C6D) + 0x6D2B79F5) >>> 24,
  );
}

/** A stream of bytes in chunks of these lengths, over and over. */
export function chunked(
  bytes: Uint8Array<ArrayBuffer>,
  lengths: readonly number[] = [65_536],
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0, turn = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const length = lengths[turn++ % lengths.length]!;
      controller.enqueue(bytes.slice(at, at += length));
    },
  }, { highWaterMark: 0 });
}

/** Whether two contents are the same, without a report of millions of differences. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
