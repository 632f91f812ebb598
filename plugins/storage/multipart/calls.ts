import { utf8 } from "../../../core/encoding.ts";
import { StorageError } from "../../../core/errors.ts";
import { readAnswer, readDocument } from "../oss/answer.ts";
import type { OssBucket } from "../oss/bucket.ts";
import { etagOf } from "../oss/listing.ts";
import { childrenNamed, childText } from "../oss/xml.ts";
import { crcHeader } from "../oss/verify-crc64.ts";

// The operations of https://help.aliyun.com/zh/oss/developer-reference/multipart-upload-operations/, each one
// request.

/** An object that is uploaded in parts. */
export interface UploadTarget {
  /** Where to. */
  readonly bucket: OssBucket;
  /** The object's key. */
  readonly key: string;
}

/** A part that is there. */
export interface StoredPart {
  /** From 1. */
  readonly number: number;
  /** Length in bytes. */
  readonly size: number;
  /** Entity tag without its quotes. */
  readonly etag: string;
  /** CRC-64 of its content as an unsigned decimal number. */
  readonly crc64: string;
}

/** Begins an upload and tells its id. */
export async function initiateUpload(
  { bucket, key }: UploadTarget,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const action = "begin the upload of";
  const request = { action, method: "POST", key, query: { uploads: "" }, headers, signal, idempotent: false };
  const answer = await readAnswer(bucket, request, "InitiateMultipartUploadResult"); // sent twice it would begin two
  return childText(answer, "UploadId") || unreadable(action, bucket, key, "has no upload id");
}

/** Sends a part once and tells its entity tag, and its CRC-64 where the server does. */
export async function uploadPart(
  { bucket, key }: UploadTarget,
  uploadId: string,
  part: { number: number; size: number; body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> },
  signal: AbortSignal,
): Promise<{ etag: string; crc64: string | undefined }> {
  const { number, size, body } = part;
  const action = `upload part ${number} of`;
  const { body: answer, headers } = await bucket.request({
    ...{ action, method: "PUT", key, body, size, signal },
    query: { partNumber: `${number}`, uploadId },
    headers: { "content-length": `${size}` },
    idempotent: false, // who sends it decides about another attempt
  });
  await answer?.cancel();
  const etag = etagOf(headers.get("etag")) || unreadable(action, bucket, key, "has no entity tag");
  return { etag, crc64: headers.get(crcHeader) ?? undefined };
}

/** Puts the parts together. The answer tells the object's entity tag, and CRC-64 where the server does. */
export async function completeUpload(
  { bucket, key }: UploadTarget,
  uploadId: string,
  parts: readonly StoredPart[],
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<{ etag: string; crc64: string | undefined; date: string | null }> {
  const listed = parts.map(({ number, etag }) =>
    `<Part><PartNumber>${number}</PartNumber><ETag>"${etag.replace(/[<>&]/g, "")}"</ETag></Part>`
  );
  const request = {
    ...{ action: "complete the upload of", method: "POST", key, query: { uploadId }, signal },
    body: utf8(`<CompleteMultipartUpload>${listed.join("")}</CompleteMultipartUpload>`),
    headers: { ...headers, "content-type": "application/xml" },
    idempotent: false, // the second time there would be no such upload
  };
  const response = await bucket.request(request);
  const document = await readDocument(bucket, request, response, "CompleteMultipartUploadResult");
  return {
    etag: etagOf(childText(document, "ETag")),
    crc64: response.headers.get(crcHeader) ?? undefined,
    date: response.headers.get("date"),
  };
}

/** The parts of an upload; `undefined` when there is no such upload. */
export async function listParts(
  { bucket, key }: UploadTarget,
  uploadId: string,
  signal?: AbortSignal,
): Promise<StoredPart[] | undefined> {
  const action = "list the parts of";
  const parts: StoredPart[] = [];
  let marker: string | undefined;
  for (;;) {
    const request = { action, method: "GET", key, query: { uploadId, "part-number-marker": marker }, signal };
    const answer = await unlessGone(readAnswer(bucket, request, "ListPartsResult"));
    if (!answer) return undefined;
    parts.push(
      ...childrenNamed(answer, "Part").map((part) => ({
        number: Number(childText(part, "PartNumber")),
        size: Number(childText(part, "Size")),
        etag: etagOf(childText(part, "ETag")),
        crc64: childText(part, "HashCrc64ecma") ?? "",
      })),
    );
    if (childText(answer, "IsTruncated") !== "true") return parts;
    const next = childText(answer, "NextPartNumberMarker");
    if (!next || next === marker) unreadable(action, bucket, key, "doesn't say where it goes on");
    marker = next;
  }
}

/** The answer, or `undefined` when there is no such upload. */
export async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (codeOf(error) === "NoSuchUpload") return undefined;
    throw error;
  }
}

/** The code of an error of this package. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Throws the error of an answer that is not one. */
export function unreadable(action: string, { bucket }: OssBucket, key: string, state: string): never {
  const message = `Cannot ${action} "oss://${bucket}/${key}": the answer ${state}`;
  throw new StorageError(message, { code: "InvalidResponse", key });
}
