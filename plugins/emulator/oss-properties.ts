import { invalidArgument, refusal } from "./oss-call.ts";
import type { Properties } from "./store.ts";
import { parseQuery } from "./wire-text.ts";

/** Headers of content that come back with each download, and that an address may override. */
export const contentHeaders = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
];

const notePrefix = "x-oss-meta-";

const storageClasses = ["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"];

/** What can be asked of encryption on the server; the emulator keeps and returns it, and encrypts nothing. */
const encryption: Record<string, RegExp> = {
  "x-oss-server-side-encryption": /^(AES256|KMS|SM4)$/,
  "x-oss-server-side-encryption-key-id": /./,
  "x-oss-server-side-data-encryption": /^SM4$/,
};

/** What tags may be: https://www.alibabacloud.com/help/en/oss/user-guide/0010-00000217. */
const tagLimits = { count: 10, name: /^[a-zA-Z0-9 +=._:/-]{1,128}$/, value: /^[a-zA-Z0-9 +=._:/-]{0,256}$/ };

/** All notes of an object together, names and values: https://help.aliyun.com/zh/oss/support/0011-00000002. */
const maxNoteBytes = 8 * 1024;

/** Reads what an upload says about its object, from headers or the fields of a form. */
export function readProperties(lines: Iterable<readonly [string, string]>): Properties {
  const headers = new Map<string, string>();
  let [storageClass, tags] = ["Standard", new Map<string, string>()];
  for (const [name, value] of lines) {
    if (name === "x-oss-storage-class") storageClass = value;
    else if (name === "x-oss-tagging") tags = readTagging(value);
    else if (Object.hasOwn(encryption, name)) {
      if (!encryption[name]?.test(value)) throw invalidEncryption(value);
      headers.set(name, value);
    } else if (contentHeaders.includes(name) || name.startsWith(notePrefix)) headers.set(name, value);
  }
  checkNotes([...headers].filter(([name]) => name.startsWith(notePrefix)));
  if (!storageClasses.includes(storageClass)) throw invalidArgument("x-oss-storage-class", storageClass);
  return { headers: [...headers], storageClass, tags };
}

function checkNotes(notes: readonly (readonly [name: string, value: string])[]): void {
  // https://help.aliyun.com/zh/oss/support/0011-00000004
  const wrong = notes.find(([name]) => !/^[a-z0-9-]+$/.test(name));
  if (wrong) throw invalidArgument(...wrong, "0011-00000004");
  const size = notes.reduce((sum, [name, value]) => sum + name.length - notePrefix.length + value.length, 0);
  if (size > maxNoteBytes) throw invalidArgument(`${notePrefix}*`, `${size} bytes`, "0011-00000002");
}

function invalidEncryption(value: string): Error {
  const message = "The Encryption request you specified is not valid.";
  return refusal(400, "InvalidEncryptionAlgorithmError", message, { ArgumentValue: value });
}

/** The headers about encryption among an object's properties, which an upload is answered with. */
export function encryptionHeaders({ headers }: Properties): [name: string, value: string][] {
  return headers.filter(([name]) => Object.hasOwn(encryption, name));
}

/** Tags as a header has them: like a query. */
function readTagging(text: string): Map<string, string> {
  try {
    // https://www.alibabacloud.com/help/en/oss/support/0010-00000219
    if (text.split("&").some((pair) => pair.split("=").length > 2)) {
      throw invalidArgument("x-oss-tagging", text);
    }
    return checkTags(parseQuery(text));
  } catch (error) {
    if (error instanceof URIError) throw invalidArgument("x-oss-tagging", text);
    throw error;
  }
}

/**
 * Checks the number and length of tags, and that no two have one name.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/putobjecttagging.
 */
export function checkTags(tags: readonly (readonly [name: string, value: string])[]): Map<string, string> {
  const checked = new Map(tags);
  const fits = checked.size === tags.length && tags.length <= tagLimits.count &&
    tags.every(([name, value]) => tagLimits.name.test(name) && tagLimits.value.test(value));
  if (fits) return checked;
  throw refusal(
    400,
    "InvalidTag",
    "The tags you provided are invalid.",
  );
}
