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
import { crc64Of, etagOf, getStored, lengthOf, type ObjectVersion } from "./object/version.ts";
import { RangeReader, type ReadOptions, readPolicy } from "./download/read-range.ts";

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
  const reader = new RangeReader(object, { start: 0, end: size }, policy, { first });
  const body = verified(what, object, reader, crc64Of(first), left);
  const headers = new Headers(first.headers);
  if (headers.get("content-encoding") === "identity") headers.delete("content-encoding");
  return new Response(body, { headers });
}

/** Passes bytes on as fast as they are wanted, the last ones only when the whole is right. */
function verified(
  what: string,
  { key, size }: ObjectVersion,
  reader: RangeReader,
  expected: string | undefined,
  left: AbortController,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let seen = 0, crc = 0n;
  return new ReadableStream({
    async pull(controller) {
      try {
        const chunk = await reader.read();
        if (!chunk) return controller.close();
        seen += chunk.length;
        if (expected !== undefined) crc = crc64(chunk, crc);
        if (seen === size) checkCrc64(what, key, `${crc}`, expected);
        controller.enqueue(reader.keep(chunk));
      } catch (error) {
        reader.close();
        throw error;
      }
    },
    cancel(reason) {
      left.abort(reason);
      reader.close();
    },
  }, { highWaterMark: 0 });
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
