import { md5 } from "@noble/hashes/legacy.js";
import { concatBytes } from "@noble/hashes/utils.js";
import {
  bucketOf,
  invalidArgument,
  malformedXml,
  type OssCall,
  readDocument,
  refusal,
  xml,
} from "./oss-call.ts";
import type { Element } from "./oss-document.ts";
import { encryptionHeaders, readProperties } from "./oss-properties.ts";
import { checkWritable, etagOf, receive, storeObject } from "./oss-put.ts";
import { childrenOf, textOf } from "./oss-xml.ts";
import type { Piece } from "./object-store.ts";
import type { Part, Upload } from "./store.ts";
import { percentEncode } from "./wire-text.ts";

/** Fewest bytes of a part that isn't the last one. */
const minPartSize = 100 * 1024;

/**
 * InitiateMultipartUpload.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/initiatemultipartupload.
 */
export function initiateUpload(call: OssCall): Response {
  const bucket = bucketOf(call);
  const { cloud: { store, clock }, request: { headers }, key } = call;
  checkWritable(bucket, key, headers.get("x-oss-forbid-overwrite"));
  const properties = readProperties(headers);
  const id = store.next().toString(16).toUpperCase().padStart(32, "0");
  bucket.uploads.set(id, { id, key, initiated: clock.now(), properties, parts: new Map() });
  const result: Element = ["InitiateMultipartUploadResult", [
    ...encodingOf(call),
    ["Bucket", call.bucket],
    ["Key", encoderOf(call)(key)],
    ["UploadId", id],
  ]];
  return xml(result, Object.fromEntries(encryptionHeaders(properties)));
}

/** UploadPart. A part of the same number is replaced. */
export async function uploadPart(call: OssCall): Promise<Response> {
  const number = partNumberOf(call);
  uploadOf(call);
  return await receive(call, (piece) => {
    const { etag } = storePart(call, number, piece);
    return new Response(null, { headers: { etag, "x-oss-hash-crc64ecma": String(piece.crc64) } });
  });
}

/** Number of the part that a call is about. */
export function partNumberOf({ query: { partNumber: text = "" } }: OssCall): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= 10_000) return number;
  throw invalidArgument("partNumber", text);
}

/** Puts a part into the upload of a call, which may be over by now. */
export function storePart(call: OssCall, number: number, piece: Piece): Part {
  const { parts } = uploadOf(call);
  const { store, clock } = call.cloud;
  const part = { piece, etag: etagOf(piece.digest), lastModified: clock.now() };
  store.hold([piece]);
  const replaced = parts.get(number);
  if (replaced) store.release([replaced.piece]);
  parts.set(number, part);
  return part;
}

/** The upload of a call, or the refusal that there is none. */
export function uploadOf(call: OssCall): Upload {
  const { uploadId = "" } = call.query;
  const upload = bucketOf(call).uploads.get(uploadId);
  if (upload?.key === call.key) return upload;
  const message = "The specified upload does not exist. " +
    "The upload ID may be invalid, or the upload may have been aborted or completed.";
  throw refusal(404, "NoSuchUpload", message, { UploadId: uploadId });
}

/**
 * CompleteMultipartUpload.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/completemultipartupload.
 */
export async function completeUpload(call: OssCall): Promise<Response> {
  const { request: { headers, url } } = call;
  const all = headers.get("x-oss-complete-all") === "yes";
  const listed = all ? undefined : await readPartList(call);
  const upload = uploadOf(call);
  const bucket = bucketOf(call);
  checkWritable(bucket, call.key, headers.get("x-oss-forbid-overwrite"));
  const parts = listed ? chosenParts(upload, listed) : sortedParts(upload).map(([, part]) => part);
  if (parts.length === 0) throw malformedXml();
  checkSizes(parts);
  const digest = md5(concatBytes(...parts.map(({ piece }) => piece.digest)));
  const object = storeObject(call, {
    pieces: parts.map(({ piece }) => piece),
    etag: `${etagOf(digest).slice(0, -1)}-${parts.length}"`,
    type: "Multipart",
    properties: upload.properties,
  });
  endUpload(call, upload);
  const result: Element = ["CompleteMultipartUploadResult", [
    ...encodingOf(call),
    ["Location", `${new URL(url).origin}/${percentEncode(call.key)}`],
    ["Bucket", call.bucket],
    ["Key", encoderOf(call)(call.key)],
    ["ETag", object.etag],
  ]];
  return xml(result, { etag: object.etag, "x-oss-hash-crc64ecma": String(object.crc64) });
}

/** AbortMultipartUpload. */
export function abortUpload(call: OssCall): Response {
  endUpload(call, uploadOf(call));
  return new Response(null, { status: 204 });
}

function endUpload(call: OssCall, { id, parts }: Upload): void {
  call.cloud.store.release([...parts.values()].map(({ piece }) => piece));
  bucketOf(call).uploads.delete(id);
}

/** Parts of an upload in their order. */
export function sortedParts({ parts }: Upload): [number: number, part: Part][] {
  return [...parts].sort(([a], [b]) => a - b);
}

interface ListedPart {
  number: number;
  etag: string;
}

async function readPartList(call: OssCall): Promise<ListedPart[]> {
  const list = childrenOf(await readDocument(call, "CompleteMultipartUpload"), "Part");
  return list.map((part) => {
    const [number, etag] = [Number(textOf(part, "PartNumber")), textOf(part, "ETag")];
    if (!Number.isInteger(number) || etag === undefined) throw malformedXml();
    return { number, etag: etag.trim().replaceAll('"', "") };
  });
}

function chosenParts({ id, parts }: Upload, listed: readonly ListedPart[]): Part[] {
  if (listed.some(({ number }, i) => number <= (listed[i - 1]?.number ?? 0))) {
    const message =
      "The list of parts was not in ascending order. Parts list must specified in order by part number.";
    throw refusal(400, "InvalidPartOrder", message, { UploadId: id });
  }
  return listed.map(({ number, etag }) => {
    const part = parts.get(number);
    if (part?.etag.replaceAll('"', "").toLowerCase() === etag.toLowerCase()) return part;
    const message =
      "One or more of the specified parts could not be found or the specified entity tag might not " +
      "have matched the part's entity tag.";
    throw refusal(400, "InvalidPart", message, { UploadId: id, PartNumber: String(number), ETag: etag });
  });
}

function checkSizes(parts: readonly Part[]): void {
  const small = parts.slice(0, -1).find(({ piece }) => piece.size < minPartSize);
  if (!small) return;
  throw refusal(400, "EntityTooSmall", "Your proposed upload smaller than the minimum allowed size.", {
    MinSizeAllowed: String(minPartSize),
    ProposedSize: String(small.piece.size),
    ETag: small.etag,
  });
}

/** The element that says how keys are written, when a call asked for that. */
export function encodingOf({ query }: OssCall): Element[] {
  return query["encoding-type"] === "url" ? [["EncodingType", "url"]] : [];
}

/** How a call wants keys written. */
export function encoderOf({ query }: OssCall): (text: string) => string {
  return query["encoding-type"] === "url" ? percentEncode : (text): string => text;
}
