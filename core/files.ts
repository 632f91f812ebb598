/** A part of a file: first and last byte, both included; the last is the file's when absent. */
export interface ByteRange {
  /** Offset of the first byte. */
  start: number;
  /** Offset of the last byte. Default: that of the file's last byte. */
  end?: number;
}

/** One file of a {@linkcode FileSource}; a link or an empty folder where the source was asked to keep them. */
export interface FileEntry {
  /** Path inside the source: POSIX, relative, without `.` or `..`. */
  path: string;
  /** Length in bytes; 0 when this is no file. */
  size: number;
  /** POSIX permission bits, where the source has them. */
  mode?: number;
  /** What the entry is. Only sources that were asked to keep links and empty folders yield them. @default {"file"} */
  kind?: "file" | "directory" | "link";
  /** Where a link leads: POSIX, relative to the link's folder, and inside the source. */
  target?: string;
  /**
   * Opens the file; each call starts at the first byte, or at that of `range`. A source may not know ranges and
   * send the whole file then, so whoever asks for one counts what arrives.
   */
  open(range?: ByteRange): ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * Fills an array with what comes from an offset on, where the source can: faster than a stream, and into
   * memory that is used again. Tells how many bytes there were, fewer than asked for only at the file's end.
   */
  read?(into: Uint8Array<ArrayBuffer>, start: number): Promise<number>;
  /**
   * Tells one state of the file from another, by its time and size for example, where the source can: what is
   * read in parts, or by two processes, is then known to be of one piece.
   */
  fingerprint?(): Promise<string>;
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
