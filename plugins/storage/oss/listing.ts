import { StorageError } from "../../../core/errors.ts";
import type { ListOptions, ObjectInfo } from "../../../core/storage.ts";
import { childrenNamed, childText, parseXml, type XmlElement } from "./xml.ts";

/** One page of a listing. */
export interface OssListing {
  /** The page's objects. */
  objects: ObjectInfo[];
  /** What the keys below a delimiter begin with, when one was asked for. */
  prefixes: string[];
  /** Token of the next page, when there is one. */
  next: string | undefined;
}

/**
 * Lists page by page, as pages are asked for.
 *
 * @param uri What is listed, for messages.
 * @param fetchPage Sends ListObjectsV2 with a query and gives the answer's text.
 */
export async function* listPages(
  uri: string,
  { prefix, startAfter, pageSize = 1000, delimiter }: ListOptions & { delimiter?: string },
  fetchPage: (query: Record<string, string | undefined>) => Promise<string>,
): AsyncGenerator<OssListing> {
  let token: string | undefined;
  do {
    const page = readListing(
      uri,
      await fetchPage({
        "list-type": "2",
        "encoding-type": "url", // XML has no way to write a control character
        "max-keys": `${pageSize}`,
        prefix: prefix || undefined, // OSS and its clients disagree on how an empty value is signed
        "start-after": token ? undefined : startAfter || undefined,
        "continuation-token": token,
        delimiter,
      }),
    );
    yield page;
    token = page.next;
  } while (token !== undefined);
}

/**
 * Reads the answer of ListObjectsV2: https://help.aliyun.com/zh/oss/developer-reference/listobjectsv2
 *
 * @param uri What was listed, for messages.
 * @throws {StorageError} when the answer is no listing.
 */
export function readListing(uri: string, xml: string): OssListing {
  const root = parseXml(xml);
  if (root?.name !== "ListBucketResult") throw unreadable(uri, "the answer is no listing");
  const encoded = childText(root, "EncodingType") === "url";
  const token = childText(root, "NextContinuationToken");
  // A plus stays one here: Base64 has it, and not every server encodes its tokens.
  const next = encoded ? token && decodeUrl(token.replaceAll("+", "%2B")) : token;
  const more = childText(root, "IsTruncated") === "true";
  if (more && !next) throw unreadable(uri, "there are more objects, but the answer doesn't say where");
  return {
    objects: childrenNamed(root, "Contents").map((item) => objectInfo(uri, item, encoded)),
    prefixes: childrenNamed(root, "CommonPrefixes").map((item) => {
      const prefix = childText(item, "Prefix") ?? "";
      return encoded ? decodeUrl(prefix) : prefix;
    }),
    next: more ? next : undefined,
  };
}

function objectInfo(uri: string, item: XmlElement, encoded: boolean): ObjectInfo {
  const key = childText(item, "Key");
  const size = Number(childText(item, "Size"));
  const lastModified = new Date(childText(item, "LastModified") ?? "");
  if (!key || !Number.isSafeInteger(size) || Number.isNaN(lastModified.getTime())) {
    throw unreadable(uri, "an entry has no key, size or time");
  }
  const etag = etagOf(childText(item, "ETag"));
  const storageClass = childText(item, "StorageClass");
  return { key: encoded ? decodeUrl(key) : key, size, etag, lastModified, storageClass };
}

/** An entity tag without its quotes. */
export function etagOf(text: string | null | undefined): string {
  return (text ?? "").replace(/^"|"$/g, "");
}

/** The vendor's own clients read a plus as a space here, as in a form; a plus in a key arrives as %2B. */
export function decodeUrl(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    return text; // not UTF-8: no key of this package's making
  }
}

function unreadable(uri: string, state: string): StorageError {
  return new StorageError(`Cannot list "${uri}": ${state}`, { code: "InvalidResponse" });
}
