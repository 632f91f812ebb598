import type { FileSource } from "../../../core/files.ts";
import { tar, type TarOptions } from "../../archive/tar-stream.ts";
import { type Compressor, gzip, type GzipOptions } from "./gzip.ts";

/** Options of {@linkcode tarGz}. */
export interface TarGzOptions extends TarOptions, GzipOptions {
  /**
   * What compresses, such as `() => new CompressionStream("gzip")`, which is fast, but doesn't give the same bytes
   * on every runtime. Default: `() => gzip({ level })`.
   */
  compressor?: () => Compressor;
}

/** Packs files into a compressed tar archive, with the same bytes everywhere too; see {@linkcode tar}. */
export function tarGz(
  source: FileSource,
  options: TarGzOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { compressor = () => gzip(options) } = options;
  return tar(source, options).pipeThrough(compressor());
}
