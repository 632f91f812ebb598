/**
 * Compresses the bodies of requests, as services do expect that are deployed with `metadata.rpc.decompressor`. Such a
 * service reads every request that way, and looks at no header.
 *
 * @example
 * ```ts
 * import { json, Predictor } from "@pai-edge/sdk/predictor";
 * import { compressed, gzip } from "@pai-edge/sdk/predict/compression";
 *
 * const predictor = new Predictor({
 *   endpoint: "1234567890123456.cn-hangzhou.pai-eas.aliyuncs.com",
 *   serviceName: "iris", // deployed with "metadata.rpc.decompressor": "gzip"
 *   token: "the token of the service",
 *   serializer: compressed(json(), gzip()),
 *   fetch: () => Response.json([0.98, 0.02]), // leave this out to call the real service
 * });
 * console.log(await predictor.predict([[5.1, 3.5, 1.4, 0.2]]));
 * await predictor.rawPredict(gzip().compress(new Uint8Array(1_000))); // bodies of your own
 * ```
 *
 * @module
 */
import { gzipSync, zlibSync } from "fflate";
import type { Serializer } from "../../core/serializer.ts";

export type { Serializer };

/** A way to compress. Those that are not here, such as snappy, LZ4 and zstd, are objects of your own. */
export interface Compressor {
  /** What `metadata.rpc.decompressor` of the service says: `gzip`, `zlib`, `snappy`, `lz4` or `zstd`. */
  readonly decompressor: string;
  /** Compresses a body that is not empty. Snappy means the raw block format, and LZ4 its frames. */
  compress(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
}

/** Options of {@linkcode gzip} and {@linkcode deflate}. */
export interface CompressionOptions {
  /** From 0, which only wraps, over 1, the fastest, to 9, the smallest. @default {6} */
  level?: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
}

/**
 * The format of `gzip` (RFC 1952), for services with the decompressor `gzip`.
 *
 * @throws {RangeError} when the level is no integer from 0 to 9.
 */
export function gzip(options: CompressionOptions = {}): Compressor {
  const level = checkedLevel(options);
  return {
    decompressor: "gzip",
    compress: (body) => gzipSync(body, { level, mtime: 0 }), // the same bytes for the same body
  };
}

/**
 * The format of `Content-Encoding: deflate` (RFC 1950), for services with the decompressor `zlib`.
 *
 * @throws {RangeError} when the level is no integer from 0 to 9.
 */
export function deflate(options: CompressionOptions = {}): Compressor {
  const level = checkedLevel(options);
  return { decompressor: "zlib", compress: (body) => zlibSync(body, { level }) };
}

/**
 * A serializer whose bodies are compressed; answers are read as they are. Signatures are made of the compressed body,
 * and an empty one stays empty. It matches services that
 * have the decompressor and that the serializer matches, where it can tell.
 *
 * @param serializer What writes the bodies.
 * @param compressor How they are compressed: at once and in this thread, which large tensors feel; floats shrink little.
 */
export function compressed<Input, Output>(
  serializer: Serializer<Input, Output>,
  compressor: Compressor,
): Serializer<Input, Output> {
  return {
    contentType: serializer.contentType,
    serialize(input, allocate) {
      const body = serializer.serialize(input, allocate);
      return body?.length ? compressor.compress(body) : body;
    },
    deserialize: (body) => serializer.deserialize(body),
    matches: (config) =>
      config.metadata?.rpc?.decompressor === compressor.decompressor &&
      (serializer.matches?.(config) ?? true),
    ...(serializer.prepare && {
      prepare: async (predictor) => compressed(await serializer.prepare!(predictor), compressor),
    }),
  };
}

function checkedLevel({ level = 6 }: CompressionOptions): NonNullable<CompressionOptions["level"]> {
  if (Number.isInteger(level) && level >= 0 && level <= 9) return level;
  throw new RangeError(`Cannot compress: "level" is ${level}; give an integer from 0 to 9`);
}
