import type { OssBucket } from "../oss/bucket.ts";
import { unlessGone, unreadable } from "./calls.ts";
import { readDocument } from "../oss/answer.ts";
import { decodeUrl } from "../oss/listing.ts";
import { childrenNamed, childText } from "../oss/xml.ts";

/** A multipart upload that is neither complete nor aborted. */
export interface UploadInfo {
  /** Key of the object to be. */
  key: string;
  /** Its id. */
  uploadId: string;
  /** When it began. */
  initiated: Date;
}

/** Options of {@linkcode listUploads}. */
export interface ListUploadsOptions {
  /** Only keys that start so. @default {""} */
  prefix?: string;
  /** Uploads fetched in one request, 1 to 1000. @default {1000} */
  pageSize?: number;
  /** Cancels the call. */
  signal?: AbortSignal;
}

/**
 * Lists the multipart uploads of a bucket that are neither complete nor aborted, whose parts are paid for: in
 * the order of their keys' UTF-8 bytes, then of their age.
 *
 * @throws {RangeError} when `pageSize` is not an integer from 1 to 1000.
 * @throws {StorageError} when OSS refuses, such as `AccessDenied`.
 */
export function listUploads(bucket: OssBucket, options: ListUploadsOptions = {}): AsyncIterable<UploadInfo> {
  const { pageSize = 1000 } = options;
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 1000) {
    throw new RangeError(
      `Cannot list the uploads of "oss://${bucket.bucket}": \`pageSize\` is ${pageSize}, not 1 to 1000`,
    );
  }
  return uploadPages(bucket, { ...options, pageSize });
}

/** Lists uploads, and tells at each page what time it is for the server. */
export async function* uploadPages(
  bucket: OssBucket,
  { prefix, pageSize = 1000, signal }: ListUploadsOptions,
  told?: (serverTime: number) => void,
): AsyncIterable<UploadInfo> {
  const action = "list the uploads of";
  for (let keyMarker: string | undefined, idMarker: string | undefined;;) {
    const query = {
      uploads: "",
      "encoding-type": "url", // XML has no way to write a control character
      "max-uploads": `${pageSize}`,
      prefix: prefix || undefined,
      "key-marker": keyMarker,
      "upload-id-marker": idMarker,
    };
    const request = { action, method: "GET", query, signal };
    const response = await bucket.request(request);
    told?.(Date.parse(response.headers.get("date") ?? ""));
    const root = await readDocument(bucket, request, response, "ListMultipartUploadsResult");
    const decode = childText(root, "EncodingType") === "url" ? decodeUrl : (text: string): string => text;
    for (const upload of childrenNamed(root, "Upload")) {
      yield {
        key: decode(childText(upload, "Key") ?? ""),
        uploadId: childText(upload, "UploadId") ?? "",
        initiated: new Date(childText(upload, "Initiated") ?? ""),
      };
    }
    if (childText(root, "IsTruncated") !== "true") return;
    const next = decode(childText(root, "NextKeyMarker") ?? "");
    const nextId = childText(root, "NextUploadIdMarker") || undefined;
    if (!next || next === keyMarker && nextId === idMarker) {
      unreadable(action, bucket, "", "doesn't say where it goes on");
    }
    [keyMarker, idMarker] = [next, nextId];
  }
}

/**
 * Aborts a multipart upload and frees its parts; one that isn't there is aborted already.
 *
 * @throws {StorageError} when OSS refuses or can't be reached.
 */
export async function abortUpload(
  bucket: OssBucket,
  key: string,
  uploadId: string,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const { signal } = options;
  // A part that was on its way may arrive after the first call:
  // https://help.aliyun.com/zh/oss/developer-reference/abortmultipartupload
  for (let call = 0; call < 3; call++) {
    const request = { action: "abort the upload of", method: "DELETE", key, query: { uploadId }, signal };
    const answer = await unlessGone(bucket.request(request));
    if (!answer) return;
    await answer.body?.cancel();
  }
}
