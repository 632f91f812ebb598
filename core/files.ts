/** One file of a {@linkcode FileSource}. */
export interface FileEntry {
  /** Path inside the source: POSIX, relative, without `.` or `..`. */
  path: string;
  /** Length in bytes. */
  size: number;
  /** POSIX permission bits, where the source has them. */
  mode?: number;
  /** Opens the file; each call starts at the first byte. */
  open(): ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * Files to upload, mount or pack, wherever they are: a folder on disk, a map in memory. Iterating yields
 * each file once, in the order of their paths' UTF-8 bytes; a source without files is an error.
 */
export interface FileSource extends AsyncIterable<FileEntry> {
  /** What to call the source in messages: its path, never a secret. */
  readonly label: string;
  /** The folder on this machine, when it is one: a local container mounts it instead of copying. */
  readonly directory?: string;
  /** Whether the source is one file, to be addressed by its own name, or a folder. */
  kind(): Promise<"file" | "directory">;
  /** Lower-case hex SHA-256 over paths and contents: the same files give the same digest on every system. */
  digest(): Promise<string>;
}

/** Tells a {@linkcode FileSource} from other values by its shape. */
export function isFileSource(value: unknown): value is FileSource {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value && "digest" in value;
}
