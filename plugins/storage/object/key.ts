import { utf8 } from "../../../core/encoding.ts";
/** Longest key in UTF-8 bytes: https://help.aliyun.com/zh/oss/user-guide/object-naming-conventions */
const maxKeyBytes = 1023;

/**
 * Checks a key before anything is signed or sent. Keys are taken literally: nothing is stripped, decoded or
 * normalised, so what the service or `fetch` would change is refused.
 *
 * @param action Beginning of the error's message, such as `put`.
 * @throws {TypeError} when the key can't name an object.
 */
export function checkKey(action: string, bucket: string, key: string): void {
  const problem = keyProblem(key);
  if (problem) {
    throw new TypeError(`Cannot ${action} ${JSON.stringify(`oss://${bucket}/${key}`)}: the key ${problem}`);
  }
}

function keyProblem(key: unknown): string | undefined {
  if (typeof key !== "string") return "is no string";
  if (key === "") return "is empty";
  if (/^[/\\]/.test(key)) return `starts with "${key[0]}", which OSS does not allow`;
  if (!key.isWellFormed()) return "has a lone surrogate, which UTF-8 can't carry";
  if (key.split("/").some((segment) => segment === "." || segment === "..")) {
    return 'has a "." or ".." segment, which URLs can\'t carry';
  }
  const bytes = utf8(key).length;
  return bytes > maxKeyBytes ? `has ${bytes} bytes; OSS allows ${maxKeyBytes}` : undefined;
}

/**
 * Checks what narrows a listing.
 *
 * @throws {TypeError} when a text can't be sent.
 * @throws {RangeError} when `pageSize` is not an integer from 1 to 1000, the vendor's bounds.
 */
export function checkListOptions(
  bucket: string,
  options: { prefix?: string; startAfter?: string; pageSize?: number },
): void {
  const { prefix = "", startAfter = "", pageSize = 1000 } = options;
  for (const [name, text] of [["prefix", prefix], ["startAfter", startAfter]] as const) {
    if (!text.isWellFormed()) {
      throw new TypeError(`Cannot list "oss://${bucket}": \`${name}\` has a lone surrogate`);
    }
  }
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 1000) {
    throw new RangeError(
      `Cannot list "oss://${bucket}": \`pageSize\` is ${pageSize}, not an integer from 1 to 1000`,
    );
  }
}

/**
 * Checks a range of bytes.
 *
 * @throws {RangeError} when it isn't two integers in order.
 */
export function checkRange(bucket: string, key: string, range: { start: number; end?: number }): void {
  const { start, end = start } = range;
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && end >= start) return;
  throw new RangeError(
    `Cannot get "oss://${bucket}/${key}": the range ${start} to ${range.end ?? "the end"} is not one`,
  );
}
