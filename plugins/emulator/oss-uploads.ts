import { bucketOf, numberOf, type OssCall, xml } from "./oss-call.ts";
import { documentTime, type Element } from "./oss-document.ts";
import { encoderOf, encodingOf, sortedParts, uploadOf } from "./oss-multipart.ts";
import type { Upload } from "./store.ts";
import { compareUtf8 } from "./wire-text.ts";

/**
 * ListParts.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/listparts.
 */
export function listParts(call: OssCall): Response {
  const upload = uploadOf(call);
  const max = numberOf(call, "max-parts", { least: 1, most: 1000, otherwise: 1000 });
  const marker = numberOf(call, "part-number-marker", { least: 0, most: 999_999_999, otherwise: 0 });
  const left = sortedParts(upload).filter(([number]) => number > marker);
  const page = left.slice(0, max);
  return xml(["ListPartsResult", [
    ...encodingOf(call),
    ["Bucket", call.bucket],
    ["Key", encoderOf(call)(upload.key)],
    ["UploadId", upload.id],
    ["StorageClass", upload.properties.storageClass],
    ["PartNumberMarker", marker],
    ["NextPartNumberMarker", page.at(-1)?.[0] ?? 0],
    ["MaxParts", max],
    ["IsTruncated", left.length > max],
    ...page.map(([number, { piece, etag, lastModified }]): Element => ["Part", [
      ["PartNumber", number],
      ["LastModified", documentTime(lastModified)],
      ["ETag", etag],
      ["HashCrc64ecma", String(piece.crc64)],
      ["Size", piece.size],
    ]]),
  ]]);
}

/**
 * ListMultipartUploads, in the order of keys, then of age.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/listmultipartuploads.
 */
export function listUploads(call: OssCall): Response {
  const { query } = call;
  const { prefix = "", delimiter = "", "key-marker": keyMarker = "", "upload-id-marker": idMarker = "" } =
    query;
  const max = numberOf(call, "max-uploads", { least: 1, most: 1000, otherwise: 1000 });
  const text = encoderOf(call);
  const isAfter = ({ key, id }: Upload): boolean => {
    const order = compareUtf8(key, keyMarker);
    return order > 0 || (order === 0 && idMarker !== "" && id > idMarker);
  };
  const left = [...bucketOf(call).uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix) && isAfter(upload))
    .sort((a, b) => compareUtf8(a.key, b.key) || (a.id < b.id ? -1 : 1));
  const entries = grouped(left, prefix, delimiter).filter(({ common }) =>
    common === undefined || compareUtf8(common, keyMarker) > 0
  );
  const page = entries.slice(0, max);
  const last = page.at(-1);
  const truncated = entries.length > max;
  return xml(["ListMultipartUploadsResult", [
    ...encodingOf(call),
    ["Bucket", call.bucket],
    ["KeyMarker", text(keyMarker)],
    ["UploadIdMarker", idMarker],
    ["NextKeyMarker", truncated ? text(last?.common ?? last?.upload?.key ?? "") : ""],
    ["NextUploadIdMarker", truncated ? last?.upload?.id ?? "" : ""],
    ["Delimiter", text(delimiter)],
    ["Prefix", text(prefix)],
    ["MaxUploads", max],
    ["IsTruncated", truncated],
    ...page.flatMap(({ upload }): Element[] => upload ? [uploadElement(upload, text)] : []),
    ...page.flatMap(({ common }): Element[] =>
      common === undefined ? [] : [["CommonPrefixes", [["Prefix", text(common)]]]]
    ),
  ]]);
}

/** What a list of uploads has: an upload, or what several share. */
type Entry = { upload?: Upload; common?: string };

/** Uploads, those that share the text up to a delimiter as one common prefix. */
function grouped(
  uploads: readonly Upload[],
  prefix: string,
  delimiter: string,
): Entry[] {
  const seen = new Set<string>();
  return uploads.flatMap((upload): Entry[] => {
    const end = delimiter ? upload.key.indexOf(delimiter, prefix.length) : -1;
    if (end < 0) return [{ upload }];
    const common = upload.key.slice(0, end + delimiter.length);
    return seen.has(common) ? [] : (seen.add(common), [{ common }]);
  });
}

function uploadElement({ key, id, initiated, properties }: Upload, text: (key: string) => string): Element {
  return ["Upload", [
    ["Key", text(key)],
    ["UploadId", id],
    ["StorageClass", properties.storageClass],
    ["Initiated", documentTime(initiated)],
  ]];
}
