import { fileURLToPath } from "node:url";
import { redact } from "../../../core/redact.ts";

/**
 * Reads what names a file or folder of this machine.
 *
 * @throws {TypeError} when it is neither a path nor an address of the scheme `file:`.
 */
export function localPath(path: string | URL): string {
  const text = `${path}`;
  if (/^file:/i.test(text)) return fileURLToPath(text);
  if (/^oss:\/\//i.test(text)) {
    throw new TypeError(
      `Cannot use "${redact(text)}" as a local path: it is on OSS; pass the address itself, \`ossUri(text)\``,
    );
  }
  if (text === "" || path instanceof URL || /^[a-z][a-z0-9+.-]+:\/\//i.test(text) || text.includes("\0")) {
    throw new TypeError(
      `Cannot use ${JSON.stringify(redact(text))} as a local path: write a path or a file: address`,
    );
  }
  return text;
}
