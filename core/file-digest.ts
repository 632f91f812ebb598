import { sha256 } from "@noble/hashes/sha2.js";
import { hex, utf8 } from "./encoding.ts";
import { PaiError } from "./errors.ts";
import type { FileEntry } from "./files.ts";

/**
 * Hashes files by path and content, reading each as a stream. A file counts as the line
 * `<bytes of its path> <bytes of its content>`, then its path, then the SHA-256 of its content, so that no two sets
 * of files give the same text to hash; links and empty folders have a word more in their line. Permissions and times
 * don't count: they differ between systems.
 *
 * @param label Name of the source, for messages.
 * @param files Files in the order of their paths' UTF-8 bytes.
 * @param hashed Hears of each file and the lower-case hex SHA-256 of its content.
 * @returns Lower-case hex SHA-256.
 * @throws {PaiError} with the code `FileChanged` when a file changes its size while it is read.
 */
export async function digestFiles(
  label: string,
  files: AsyncIterable<FileEntry>,
  hashed?: (path: string, digest: string) => void,
): Promise<string> {
  const hash = sha256.create();
  for await (const { path, size, kind = "file", target = "", open } of files) {
    const name = utf8(path);
    if (kind !== "file") {
      const end = utf8(target);
      hash.update(utf8(`${name.length} ${end.length} ${kind}\n`)).update(name).update(end);
      continue;
    }
    const content = sha256.create();
    let seen = 0;
    for await (const chunk of open()) {
      seen += chunk.length;
      content.update(chunk);
    }
    if (seen !== size) throw fileChanged(label, path, size, seen);
    const digest = content.digest();
    hash.update(utf8(`${name.length} ${size}\n`)).update(name).update(digest);
    hashed?.(path, hex(digest));
  }
  return hex(hash.digest());
}

/** The error of a file that is not as long as its source has said. */
export function fileChanged(label: string, path: string, size: number, seen: number): PaiError {
  const problem = `the size of "${path}" changed from ${size} to ${seen} bytes`;
  return new PaiError(`Cannot read "${label}": ${problem}`, { code: "FileChanged" });
}
