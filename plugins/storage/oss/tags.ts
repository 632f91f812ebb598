import type { StorageCallOptions } from "../../../core/storage.ts";
import { readAnswer } from "./answer.ts";
import type { OssBucket } from "./bucket.ts";
import { childrenNamed, childText, escapeXml, isXmlText } from "./xml.ts";

// https://help.aliyun.com/zh/oss/developer-reference/putobjecttagging; OSS says which tags it takes: up to 10, with
// keys of 128 and values of 256 bytes.

/**
 * Reads an object's tags; an object without any gives an empty record.
 *
 * @throws {StorageError} when OSS refuses; its code is `NoSuchKey` when there is no object.
 */
export async function getTags(
  bucket: OssBucket,
  key: string,
  options: StorageCallOptions = {},
): Promise<Record<string, string>> {
  const request = { action: "read the tags of", method: "GET", key, query, signal: options.signal };
  const answer = await readAnswer(bucket, request, "Tagging");
  const set = answer.children.find(({ name }) => name === "TagSet");
  return Object.fromEntries(
    childrenNamed(set, "Tag").map((tag) => [childText(tag, "Key") ?? "", childText(tag, "Value") ?? ""]),
  );
}

/**
 * Replaces an object's tags, all at once.
 *
 * @throws {TypeError} when a tag can't be written.
 * @throws {StorageError} when OSS refuses.
 */
export async function putTags(
  bucket: OssBucket,
  key: string,
  tags: Readonly<Record<string, string>>,
  options: StorageCallOptions = {},
): Promise<void> {
  const wrong = Object.entries(tags).flat().find((text) => !isXmlText(text));
  if (wrong !== undefined) {
    throw new TypeError(
      `Cannot tag "oss://${bucket.bucket}/${key}": ${JSON.stringify(wrong)} can't be written`,
    );
  }
  const set = Object.entries(tags).map(([name, value]) =>
    `<Tag><Key>${escapeXml(name)}</Key><Value>${escapeXml(value)}</Value></Tag>`
  );
  const response = await bucket.request({
    action: "tag",
    method: "PUT",
    key,
    query,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0" encoding="UTF-8"?><Tagging><TagSet>${set.join("")}</TagSet></Tagging>`,
    signal: options.signal,
  });
  await response.body?.cancel();
}

/**
 * Takes all tags from an object.
 *
 * @throws {StorageError} when OSS refuses.
 */
export async function deleteTags(
  bucket: OssBucket,
  key: string,
  options: StorageCallOptions = {},
): Promise<void> {
  const request = { action: "untag", method: "DELETE", key, query, signal: options.signal };
  const response = await bucket.request(request);
  await response.body?.cancel();
}

const query = { tagging: "" };
