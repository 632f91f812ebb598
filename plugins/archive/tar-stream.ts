import { createTarPacker, type TarHeader, type TarPackController } from "modern-tar";
import { utf8 } from "../../core/encoding.ts";
import { PaiError } from "../../core/errors.ts";
import { fileChanged } from "../../core/file-digest.ts";
import { foldPath, linkProblem, pathProblem } from "../../core/file-path.ts";
import type { FileEntry, FileSource } from "../../core/files.ts";
import { compareUtf8 } from "../../core/percent.ts";

/** How far an archive is. */
export interface TarProgress {
  /** The file that is being read. */
  path: string;
  /** Files that are done. */
  files: number;
  /** Bytes of files that are done, without headers. */
  bytes: number;
}

/** Options of {@linkcode tar}. */
export interface TarOptions {
  /** Stops the stream, which fails with the signal's reason. */
  signal?: AbortSignal;
  /** Told of every chunk. */
  onProgress?: (progress: TarProgress) => void;
  /** Time of every entry. @default {new Date(0)} */
  mtime?: Date;
  /**
   * Which files get the mode 0755 instead of 0644. Default: those that somebody may execute, which Windows and
   * `fromMap()` don't know.
   */
  executable?: (entry: FileEntry) => boolean;
  /**
   * What to do with names that differ only in case or in how an accent is spelt: some systems take them for the
   * same file. @default {"refuse"}
   */
  collidingNames?: "refuse" | "keep";
}

/**
 * Packs files into a tar archive (ustar, with PAX headers for names that are long or not ASCII). Nothing is read
 * before the stream is, no file is ever whole in memory, and there is no temporary file. Entries come in the order
 * of their paths' UTF-8 bytes, each folder before what is in it, owned by 0:0.
 *
 * The stream fails with a {@linkcode PaiError} whose code is `FileChanged` when a file is not as long as its source
 * said or is written to meanwhile, and `CollidingNames` when two names would be one file elsewhere.
 */
export function tar(source: FileSource, options: TarOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const small = new SmallChunks();
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(stream) {
      reader ??= pack(source, options).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (value && small.take(value)) continue;
        const joined = small.join();
        if (joined.length) stream.enqueue(joined);
        if (done) return stream.close();
        if (small.take(value)) return; // there is room again
        return stream.enqueue(value as Uint8Array<ArrayBuffer>); // the packer copies what is shared
      }
    },
    cancel: (reason) => reader?.cancel(reason),
  }, { highWaterMark: 0 });
}

/** Headers and small files, a thousand of which would be thousands of chunks, are sent together. */
class SmallChunks {
  readonly #space = new Uint8Array(65_536);
  #filled = 0;

  /** Keeps a chunk if there is room for it. */
  take(chunk: Uint8Array): boolean {
    if (chunk.length > this.#space.length - this.#filled) return false;
    this.#space.set(chunk, this.#filled);
    this.#filled += chunk.length;
    return true;
  }

  /** What has been kept since the last time. */
  join(): Uint8Array<ArrayBuffer> {
    const joined = this.#space.slice(0, this.#filled);
    this.#filled = 0;
    return joined;
  }
}

/** Starts to fill an archive, as far as its reader lets it. */
function pack(source: FileSource, options: TarOptions): ReadableStream<Uint8Array> {
  const { signal } = options;
  const { readable, controller } = createTarPacker();
  const stop = (): void => controller.error(signal!.reason);
  const run = async (): Promise<void> => {
    try {
      signal?.throwIfAborted();
      signal?.addEventListener("abort", stop);
      await new Packing(source.label, controller, options).addAll(source);
      controller.finalize();
    } catch (error) {
      controller.error(error);
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  };
  run();
  return readable;
}

/** One archive on its way. */
class Packing {
  readonly #label: string;
  readonly #archive: TarPackController;
  readonly #options: TarOptions;
  /** What is taken, by its folded name; a folder has a slash at its end. */
  readonly #names = new Map<string, string>();
  #previous = "";
  #files = 0;
  #bytes = 0;

  constructor(label: string, archive: TarPackController, options: TarOptions) {
    this.#label = label;
    this.#archive = archive;
    this.#options = options;
  }

  async addAll(source: FileSource): Promise<void> {
    for await (const entry of source) {
      const { path, kind = "file" } = entry;
      this.#check(entry);
      for (let end = path.indexOf("/"); end >= 0; end = path.indexOf("/", end + 1)) {
        await this.#addFolder(path.slice(0, end));
      }
      if (kind === "directory") await this.#addFolder(path);
      else if (kind === "link") await this.#addLink(entry);
      else await this.#addFile(entry);
    }
  }

  #check({ path, kind, target = "" }: FileEntry): void {
    const problem = pathProblem(path) ?? (kind === "link" ? linkProblem(path, target) : undefined);
    if (problem) throw this.#refusal("UnusableFile", `the path ${JSON.stringify(path)} ${problem}`);
    const name = kind === "directory" ? `${path}/` : path;
    if (compareUtf8(this.#previous, name) >= 0) {
      throw new TypeError(
        `Cannot pack "${this.#label}": its paths are not in the order of UTF-8 bytes: ` +
          `${JSON.stringify(name)} comes after ${JSON.stringify(this.#previous)}`,
      );
    }
    this.#previous = name;
  }

  /** Whether a name is new; refuses one that is taken by something else. */
  #claim(name: string): boolean {
    const plain = name.replace(/\/$/, "");
    const key = this.#options.collidingNames === "keep" ? plain : foldPath(plain);
    const twin = this.#names.get(key);
    if (twin === undefined) this.#names.set(key, name);
    else if (twin !== name) {
      const names = `${JSON.stringify(twin)} and ${JSON.stringify(name)}`;
      const advice = key === plain ? "" : '; allow it with `collidingNames: "keep"`';
      throw this.#refusal("CollidingNames", `${names} are the same file on some systems${advice}`);
    }
    return twin === undefined;
  }

  async #addFolder(path: string): Promise<void> {
    const name = `${path}/`;
    if (this.#claim(name)) await this.#add({ name, type: "directory", mode: 0o755, size: 0 }).close();
  }

  async #addLink({ path, target = "" }: FileEntry): Promise<void> {
    this.#claim(path);
    const link: TarHeader = { name: path, type: "symlink", mode: 0o777, size: 0, linkname: target };
    await this.#add(link).close();
  }

  async #addFile(entry: FileEntry): Promise<void> {
    const { path, size } = entry;
    this.#claim(path);
    const executable = this.#options.executable?.(entry) ?? (entry.mode ?? 0) & 0o111;
    const writer = this.#add({ name: path, type: "file", mode: executable ? 0o755 : 0o644, size })
      .getWriter();
    writer.closed.catch(() => {}); // told by the write that fails
    const { signal } = this.#options;
    const state = await entry.fingerprint?.();
    const reader = entry.open().getReader();
    const cancel = (reason: unknown): void => void reader.cancel(reason).catch(() => {});
    const abort = (): void => cancel(signal!.reason); // ends a read that is pending
    signal?.addEventListener("abort", abort);
    let seen = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        signal?.throwIfAborted();
        seen += value?.length ?? 0;
        if (seen > size || done && seen < size) throw fileChanged(this.#label, path, size, seen);
        if (done) break;
        await writer.write(value);
        this.#report(path, value.length);
      }
      if (await entry.fingerprint?.() !== state) {
        throw this.#refusal("FileChanged", `"${path}" was written to while it was read`);
      }
      await writer.close();
    } catch (error) {
      cancel(error);
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    this.#files++;
    this.#report(path, 0);
  }

  #report(path: string, length: number): void {
    this.#bytes += length;
    this.#options.onProgress?.({ path, files: this.#files, bytes: this.#bytes });
  }

  #add(header: TarHeader): WritableStream<Uint8Array> {
    const { mtime = new Date(0) } = this.#options;
    const { name, linkname = "" } = header;
    const pax = { ...(needsPax(name) && { path: name }), ...(needsPax(linkname) && { linkpath: linkname }) };
    return this.#archive.add({ ...header, mtime, uid: 0, gid: 0, ...(Object.keys(pax).length && { pax }) });
  }

  #refusal(code: string, problem: string): PaiError {
    return new PaiError(`Cannot pack "${this.#label}": ${problem}`, { code });
  }
}

/** Names in a ustar header have 100 bytes and no known encoding; those of PAX are UTF-8 of any length. */
function needsPax(name: string): boolean {
  return name.length > 100 || utf8(name).length !== name.length;
}
