import { charBytes } from "../../../core/encoding.ts";
import { pct } from "../../../core/percent.ts";
import type { GetOptions, PutOptions } from "../../../core/storage.ts";
import type { OssPutOptions } from "../oss/bucket.ts";

/** What a call is about, for messages: `Cannot put "oss://b/k"`. */
type What = string;

const notePrefix = "x-oss-meta-";

// All notes of an object together: https://help.aliyun.com/zh/oss/support/0011-00000002
const maxNoteBytes = 8192;

// What readers of an object get back, and OSS's own, but for those of the signature, those that options stand for, and
// callbacks, whose failures would look like success.
const settable =
  /^(cache-control|content-(disposition|encoding|language|md5)|expires|x-oss-(?!(date|content-sha256|security-token|forbid-overwrite|tagging|symlink-target)$|meta-|copy-source|callback)[a-z0-9-]+)$/;

/**
 * The headers that describe an object when it is written: its type, the caller's headers and notes. They can't be
 * told to change what the signature says, or what the request does.
 *
 * @throws {TypeError} when a header or a note can't be sent.
 * @throws {RangeError} when the notes are too long.
 */
export function putHeaders(
  what: What,
  { contentType = "application/octet-stream", headers = {}, metadata, storageClass, tags }: OssPutOptions,
): Record<string, string> {
  const sent: Record<string, string> = { "content-type": contentType };
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    if (!settable.test(name)) {
      throw new TypeError(`${what}: the header "${given}" is not the caller's to set`);
    }
    sent[name] = value;
  }
  Object.assign(sent, metadataHeaders(what, metadata));
  if (storageClass !== undefined) sent["x-oss-storage-class"] = storageClass;
  if (tags) sent["x-oss-tagging"] = Object.entries(tags).map((pair) => pair.map(pct).join("=")).join("&");
  for (const [name, value] of Object.entries(sent)) checkValue(what, name, value);
  return sent;
}

/**
 * Notes as headers. Header values are ASCII in practice, so the rest of Unicode, `%`, and a blank at either end are
 * percent-encoded; {@linkcode readMetadata} takes that back. Other clients see such values encoded.
 */
function metadataHeaders(what: What, metadata: PutOptions["metadata"] = {}): Record<string, string> {
  const sent: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(metadata)) {
    if (!/^[a-z0-9-]+$/.test(name)) {
      // OSS would write capitals small, and refuses the rest: https://help.aliyun.com/zh/oss/support/0011-00000004
      throw new TypeError(`${what}: the metadata name "${name}" is not of a-z, 0-9 and hyphens`);
    }
    const written = value.replace(/[^ -$&-~]|^ | $/gu, (char) => pct(char)); // refuses a lone surrogate
    sent[notePrefix + name] = written;
    bytes += name.length + written.length;
  }
  if (bytes <= maxNoteBytes) return sent;
  throw new RangeError(`${what}: the metadata has ${bytes} bytes when encoded; OSS allows ${maxNoteBytes}`);
}

/** The notes among an object's headers, or `undefined` when it has none. */
export function readMetadata(headers: Headers): Record<string, string> | undefined {
  const notes = [...headers].filter(([name]) => name.startsWith(notePrefix));
  return notes.length
    ? Object.fromEntries(notes.map(([name, value]) => [name.slice(notePrefix.length), decode(value)]))
    : undefined;
}

/** The headers among an object's that `headers` of a write can repeat. */
export function contentHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    [...headers].filter(([name]) => settable.test(name) && !/^(x-oss-|content-md5$)/.test(name)),
  );
}

/** Takes percent-encoding back, and the UTF-8 that other clients send as it is and `fetch` reads as Latin-1. */
function decode(value: string): string {
  try {
    const text = /^[\0-\xff]*[\x80-\xff]/.test(value)
      ? new TextDecoder("utf-8", { fatal: true }).decode(charBytes(value))
      : value;
    return decodeURIComponent(text);
  } catch {
    return value; // was never encoded
  }
}

/**
 * The headers that bind a read to a state of the object.
 *
 * @throws {TypeError} when an entity tag can't be sent.
 * @throws {RangeError} when a time is none.
 */
export function conditionHeaders(what: What, options: GetOptions): Record<string, string> {
  const sent: Record<string, string> = {};
  const bind = (name: string, value: string | Date | undefined): void => {
    if (value === undefined) return;
    sent[name] = value instanceof Date ? value.toUTCString() : `"${value.replace(/^"|"$/g, "")}"`;
    if (sent[name] === "Invalid Date") throw new RangeError(`${what}: the time of ${name} is none`);
    checkValue(what, name, sent[name]);
  };
  bind("if-match", options.ifMatch);
  bind("if-none-match", options.ifNoneMatch);
  bind("if-modified-since", options.ifModifiedSince);
  bind("if-unmodified-since", options.ifUnmodifiedSince);
  return sent;
}

/**
 * Signed text and sent bytes differ when a value is not plain ASCII, or has blanks around it that `fetch` drops.
 *
 * @throws {TypeError} when it is so.
 */
export function checkValue(what: What, name: string, value: string): void {
  if (value.trim() === value && /^[\t -~]*$/.test(value)) return;
  throw new TypeError(`${what}: the header "${name}" is no plain ASCII text`);
}

/** Whether an object that is in this state may be read, by the meaning of {@linkcode conditionHeaders}. */
export function conditionFault(
  { etag, lastModified }: { etag: string; lastModified: Date },
  sent: Readonly<Record<string, string | undefined>>,
): "NotModified" | "PreconditionFailed" | undefined {
  const time = (name: string): number => Date.parse(sent[name] ?? "");
  const own = `"${etag}"`, changed = lastModified.getTime();
  if ((sent["if-match"] ?? own) !== own || changed > time("if-unmodified-since")) return "PreconditionFailed";
  return sent["if-none-match"] === own || changed <= time("if-modified-since") ? "NotModified" : undefined;
}
