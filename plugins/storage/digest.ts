import { sha256 } from "@noble/hashes/sha2.js";
import { hex, utf8 } from "../../core/encoding.ts";
import { PaiError } from "../../core/errors.ts";
import type { FileEntry } from "../../core/files.ts";

/**
 * Hashes files by path and content, reading each as a stream. A file counts as the line
 * `<bytes of its path> <bytes of its content>`, then its path, then its content, so that no two sets of files
 * give the same text to hash. Permissions and times don't count: they differ between systems.
 *
 * @param label Name of the source, for messages.
 * @param files Files in the order of their paths' UTF-8 bytes.
 * @returns Lower-case hex SHA-256.
 * @throws {PaiError} when a file changes its size while it is read.
 */
export async function digestFiles(label: string, files: AsyncIterable<FileEntry>): Promise<string> {
  const hash = sha256.create();
  for await (const { path, size, open } of files) {
    const name = utf8(path);
    hash.update(utf8(`${name.length} ${size}\n`)).update(name);
    let seen = 0;
    for await (const chunk of open()) {
      seen += chunk.length;
      hash.update(chunk);
    }
    if (seen !== size) {
      throw new PaiError(
        `Cannot read "${label}": the size of "${path}" changed from ${size} to ${seen} bytes`,
        {
          code: "FileChanged",
        },
      );
    }
  }
  return hex(hash.digest());
}
