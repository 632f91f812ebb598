/**
 * Reads an object as one stream that is what was stored, or an error: for anything that runs `fetch`, edge workers
 * included.
 *
 * @example
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { oss } from "@pai-edge/sdk/storage/oss";
 * import { getVerified } from "@pai-edge/sdk/storage/verified";
 *
 * const models = oss(createClient({ ...emulator() }), { bucket: "emulator-bucket" });
 * await models.put("greeting.txt", "hello");
 * const response = await getVerified(models, "greeting.txt");
 * console.log(await response.text()); // throws when a byte is not what was stored
 * ```
 *
 * @module
 */
import { StorageError } from "../../core/errors.ts";
import type { Storage } from "../../core/storage.ts";
import { crc64 } from "./crc64.ts";
import { crc64Of, etagOf, getStored, lengthOf } from "./object/version.ts";
import { type ReadOptions, readPolicy, readRange } from "./download/read-range.ts";

export type { ReadOptions };

/**
 * Reads an object. A connection that breaks or stalls is replaced by one that begins at the byte where it broke, as
 * long as the object stays the same; the CRC-64 of the whole is compared with the one that the storage tells. The last
 * bytes are held back until then, so that nobody takes a wrong object for a complete one. Objects whose storage tells
 * no CRC-64 are only checked for their length.
 *
 * Like any body it is read as fast as its reader wants it, and cancelled by its reader or the signal. Bytes come as
 * they are stored, in whatever content encoding that is.
 *
 * @returns The answer to the first request, with headers and status of the whole object.
 * @throws {StorageError} when there is no such object. The body errors with one whose code is `CrcMismatch`,
 * `ObjectChanged` when the object was replaced meanwhile, or what keeps connections from working.
 * @throws {RangeError} when an option is no number that it can be.
 */
export async function getVerified(
  storage: Storage,
  key: string,
  options: ReadOptions = {},
): Promise<Response> {
  const what = `Cannot get "oss://${storage.bucket}/${key}"`;
  const left = new AbortController(); // ends a read that is pending when the body is cancelled
  const signal = options.signal ? AbortSignal.any([options.signal, left.signal]) : left.signal;
  const policy = readPolicy(what, { ...options, signal });
  const first = await getStored(storage, key, { signal });
  const size = lengthOf(first);
  if (!size) await first.body?.cancel();
  if (size === undefined) {
    throw new StorageError(`${what}: the answer tells no length`, { code: "InvalidResponse", key });
  }
  const object = { storage, key, etag: etagOf(first), size };
  const chunks = readRange(object, { start: 0, end: size }, policy, { first });
  const body = streamOf(checked(what, chunks, { key, size, expected: crc64Of(first) }), left);
  const headers = new Headers(first.headers);
  if (headers.get("content-encoding") === "identity") headers.delete("content-encoding");
  return new Response(body, { headers });
}

/** Passes chunks on, the last one only when the whole is right. */
async function* checked(
  what: string,
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  { key, size, expected }: { key: string; size: number; expected: string | undefined },
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let seen = 0, crc = 0n;
  for await (const chunk of chunks) {
    seen += chunk.length;
    if (expected !== undefined) crc = crc64(chunk, crc);
    if (seen === size) checkCrc64(what, key, `${crc}`, expected);
    yield chunk;
  }
}

/**
 * Compares CRC-64s, where the storage tells one.
 *
 * @throws {StorageError} with the code `CrcMismatch`.
 */
export function checkCrc64(what: string, key: string, found: string, expected: string | undefined): void {
  if (expected === undefined || found === expected) return;
  const message = `${what}: its bytes have the CRC-64 ${found}, the object's is ${expected}; try again`;
  throw new StorageError(message, { code: "CrcMismatch", key });
}

/** A stream that is read no faster than it is wanted, and that ends the generator when it is cancelled. */
function streamOf(
  chunks: AsyncGenerator<Uint8Array<ArrayBuffer>, void>,
  left: AbortController,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => {
      left.abort(reason);
      chunks.return().catch(() => {}); // what breaks now is of no interest
    },
  }, { highWaterMark: 0 });
}
