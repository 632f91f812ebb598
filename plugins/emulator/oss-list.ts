import { bucketOf, invalidArgument, numberOf, type OssCall, xml } from "./oss-call.ts";
import { documentTime, type Element } from "./oss-document.ts";
import type { StoredObject } from "./store.ts";
import { compareUtf8, percentEncode } from "./wire-text.ts";

/** What to list. */
export interface Listing {
  /** Only keys that start so. */
  prefix: string;
  /** Keys that share the text up to this one after the prefix become one common prefix; none when empty. */
  delimiter: string;
  /** Only keys and common prefixes after this one. */
  after: string;
  /** Most keys and common prefixes in one answer. */
  maxKeys: number;
}

/** One page of a listing. */
export interface Page {
  /** Keys. */
  keys: string[];
  /** Common prefixes. */
  commonPrefixes: string[];
  /** Last entry of the page, when there are more. */
  next?: string;
}

/** Lists keys in the order of their UTF-8 bytes, whatever order they come in. */
export function listKeys(all: Iterable<string>, { prefix, delimiter, after, maxKeys }: Listing): Page {
  const page: Page = { keys: [], commonPrefixes: [] };
  const sorted = [...all].filter((key) => key.startsWith(prefix) && compareUtf8(key, after) > 0).sort(
    compareUtf8,
  );
  let last = after;
  for (const key of sorted) {
    const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    const entry = end < 0 ? key : key.slice(0, end + delimiter.length);
    if (entry === last) continue; // a common prefix counts once, here or on the page before
    if (page.keys.length + page.commonPrefixes.length === maxKeys) return { ...page, next: last };
    (end < 0 ? page.keys : page.commonPrefixes).push(entry);
    last = entry;
  }
  return page;
}

/**
 * ListObjects, version 1 or 2.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/listobjectsv2.
 */
export function listObjects(call: OssCall): Response {
  const { objects } = bucketOf(call);
  const { query, cloud: { accountId } } = call;
  const { prefix = "", delimiter = "", "encoding-type": encoding } = query;
  const { "list-type": version, "start-after": startAfter = "", "continuation-token": token, marker = "" } =
    query;
  const maxKeys = numberOf(call, "max-keys", { least: 1, most: 1000, otherwise: 100 });
  if (encoding !== undefined && encoding !== "url") throw invalidArgument("encoding-type", encoding);
  const after = version !== "2" ? marker : token === undefined ? startAfter : readToken(token);
  const page = listKeys(objects.keys(), { prefix, delimiter, after, maxKeys });
  const text = encoding === "url" ? percentEncode : (value: string): string => value;
  const showsOwner = version !== "2" || query["fetch-owner"] === "true";
  return xml(["ListBucketResult", [
    ["Name", call.bucket],
    ["Prefix", text(prefix)],
    ...(version === "2" ? versionTwo(page, startAfter, token, text) : versionOne(page, marker, text)),
    ["MaxKeys", maxKeys],
    ["Delimiter", text(delimiter)],
    ...(encoding === "url" ? [["EncodingType", "url"] as const] : []),
    ["IsTruncated", page.next !== undefined],
    ...page.keys.map((key) =>
      ["Contents", [
        ["Key", text(key)],
        ...properties(objects.get(key)),
        ...(showsOwner ? [ownerElement(accountId)] : []),
      ]] as const
    ),
    ...page.commonPrefixes.map((entry) => ["CommonPrefixes", [["Prefix", text(entry)]]] as const),
  ]]);
}

function versionOne({ next }: Page, marker: string, text: (value: string) => string): Element[] {
  return [["Marker", text(marker)], ...(next === undefined ? [] : [["NextMarker", text(next)] as const])];
}

function versionTwo(
  { keys, commonPrefixes, next }: Page,
  startAfter: string,
  token: string | undefined,
  text: (value: string) => string,
): Element[] {
  return [
    ["StartAfter", text(startAfter)],
    ...(token === undefined ? [] : [["ContinuationToken", token] as const]),
    ...(next === undefined ? [] : [["NextContinuationToken", writeToken(next)] as const]),
    ["KeyCount", keys.length + commonPrefixes.length],
  ];
}

function properties(object: StoredObject | undefined): Element[] {
  return [
    ["LastModified", documentTime(object?.lastModified ?? 0)],
    ["ETag", object?.etag ?? ""],
    ["Type", object?.type ?? "Normal"],
    ["Size", object?.size ?? 0],
    ["StorageClass", object?.properties.storageClass ?? "Standard"],
  ];
}

/** Who owns objects and buckets. */
export function ownerElement(owner: string): Element {
  return ["Owner", [["ID", owner], ["DisplayName", owner]]];
}

// Opaque to clients: the last entry of the page before, in Base64.
function writeToken(entry: string): string {
  return btoa(percentEncode(entry));
}

function readToken(token: string): string {
  try {
    return decodeURIComponent(atob(token));
  } catch {
    throw invalidArgument("continuation-token", token);
  }
}
