import { refusal } from "./oss-call.ts";
import type { StoredObject } from "./store.ts";

/**
 * Whether the caller has the object already; refuses when a condition does not hold. A `prefix` is for the conditions
 * on the source of a copy, which have names of their own.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/getobject.
 */
export function isUnchanged({ etag, lastModified }: StoredObject, headers: Headers, prefix = ""): boolean {
  const own = etag.replaceAll('"', "");
  const matches = (name: string): boolean | undefined =>
    headers.get(prefix + name)?.split(",").map((tag) => tag.trim().replaceAll('"', ""))
      .some((tag) => tag === own || tag === "*");
  const time = (name: string): number => Date.parse(headers.get(prefix + name) ?? "");
  const changed = Math.floor(lastModified / 1000) * 1000; // dates in headers have whole seconds
  const failed = matches("if-match") === false
    ? "If-Match"
    : changed > time("if-unmodified-since")
    ? "If-Unmodified-Since"
    : undefined;
  if (failed !== undefined) {
    const message = "At least one of the pre-conditions you specified did not hold.";
    throw refusal(412, "PreconditionFailed", message, { Condition: failed });
  }
  return matches("if-none-match") === true || changed <= time("if-modified-since");
}

/**
 * First and last byte to send, or `undefined` for all. A range that is malformed or reaches past the end counts as
 * none, unless `x-oss-range-behavior: standard` asks for what HTTP prescribes.
 * Source: https://www.alibabacloud.com/help/en/oss/how-to-obtain-oss-resources-by-segmenting-http-range-requests.
 */
export function readRange(headers: Headers, length: number): [start: number, end: number] | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(headers.get("range") ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? length - Number(last) : Number(first);
  const end = first === "" || last === "" ? length - 1 : Number(last);
  if (start >= 0 && start <= end && end < length) return [start, end];
  if (headers.get("x-oss-range-behavior") !== "standard" || (first !== "" && start > end && last !== "")) {
    return undefined;
  }
  if (start >= length) {
    const message = "The requested range cannot be satisfied.";
    const details = { ActualObjectSize: String(length), RangeRequested: headers.get("range") ?? "" };
    throw refusal(416, "InvalidRange", message, details);
  }
  return [Math.max(start, 0), length - 1];
}
