import { utf8 } from "../../../core/encoding.ts";
import { digestFiles } from "../../../core/file-digest.ts";
import type { FileEntry, FileSource } from "../../../core/files.ts";
import { tar } from "../../archive/tar-stream.ts";

/**
 * Texts as an archive to unpack at the root of a container. Others than root may read them, as the image may run its
 * program as anybody.
 *
 * @param files Texts by absolute path.
 */
export function startFiles(
  files: Readonly<Record<string, string>>,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const label = "what starts the container";
  const entries: FileEntry[] = Object.keys(files).sort().map((path) => {
    const content = utf8(files[path]!);
    return { path: path.slice(1), size: content.length, open: () => new Blob([content]).stream() };
  });
  const source: FileSource = {
    label,
    kind: () => Promise.resolve("directory"),
    digest: () => digestFiles(label, source),
    async *[Symbol.asyncIterator]() {
      yield* entries;
    },
  };
  return tar(source, { signal, mtime: new Date() });
}
