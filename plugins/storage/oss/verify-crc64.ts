import { StorageError } from "../../../core/errors.ts";
import { crc64 } from "../crc64.ts";

/** Watches one upload, and compares what was sent with what OSS tells of it. */
export interface UploadCheck {
  /** Takes a chunk of a stream on its way; other bodies are still there when the answer comes. */
  passed(chunk: Uint8Array): void;
  /** Throws a `StorageError` with the code `CrcMismatch` when the answer's headers tell of other bytes. */
  compare(
    headers: Headers,
    content: Uint8Array<ArrayBuffer> | ArrayBuffer | Blob | ReadableStream<Uint8Array>,
  ): Promise<void>;
}

/** What OSS calls the CRC-64 of an object. */
export const crcHeader = "x-oss-hash-crc64ecma";

/**
 * Compares the CRC-64 of every body that is put with the one that OSS tells: `oss(client, { bucket, verify: verifyCrc64 })`.
 * It costs the time of {@linkcode crc64}; of a Blob that lies on a disk, also a second reading.
 *
 * A mismatch means that the stored object is not what was sent, so put it again.
 *
 * @param what What is attempted, for messages: `Cannot put "oss://b/k"`.
 * @param key The object, for errors.
 */
export function verifyCrc64(what: string, key?: string): UploadCheck {
  let crc = 0n;
  return {
    passed(chunk) {
      crc = crc64(chunk, crc);
    },
    async compare(headers, content) {
      const told = headers.get(crcHeader);
      if (told === null) return;
      if (content instanceof Blob) { for await (const chunk of content.stream()) crc = crc64(chunk, crc); }
      else if (!(content instanceof ReadableStream)) crc = crc64(new Uint8Array(content));
      if (`${crc}` === told) return;
      throw new StorageError(
        `${what}: what OSS stored has CRC-64 ${told}, what was sent ${crc}; put it again`,
        {
          code: "CrcMismatch",
          requestId: headers.get("x-oss-request-id") ?? undefined,
          key,
        },
      );
    },
  };
}
