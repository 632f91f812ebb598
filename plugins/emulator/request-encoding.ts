import { LimitedBytesTransformStream } from "@std/streams/limited-bytes-transform-stream";
import { toBytes } from "@std/streams/to-bytes";
import type { Handler } from "../processors/handler.ts";
import type { Cloud } from "./cloud.ts";
import { isObject, looseConfig } from "./eas/loose-config.ts";
import { plainText } from "./plain-text.ts";
import { type InnerRequest, runHandler } from "./run-handler.ts";

/** Reads a format of compression. Throws what it can't read. */
export type Decompress = (
  body: Uint8Array<ArrayBuffer>,
) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;

/** Formats that runtimes read, by the vendor's names. What it calls zlib is RFC 1950. */
const formats = new Map<string, CompressionFormat>([["gzip", "gzip"], ["zlib", "deflate"]]);

/**
 * Has a service answer. One whose configuration names a `metadata.rpc.decompressor` takes every body for compressed, no
 * matter what headers say, and refuses those that are not; a container reads its bodies itself. Empty bodies, as those
 * that ask for the signature, are left alone.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/user-guide/parameters-of-model-services, and the vendor's SDK for Java.
 */
export async function runService(
  { decompressors, maxBodyBytes }: Pick<Cloud, "decompressors" | "maxBodyBytes">,
  config: Readonly<Record<string, unknown>>,
  run: Handler,
  request: InnerRequest,
): Promise<Response> {
  const { metadata: { rpc }, container } = looseConfig(config);
  const name = isObject(rpc) && !container ? rpc.decompressor : undefined;
  if (typeof name !== "string" || !request.body.length) return await runHandler(run, request);
  const decompress = Object.hasOwn(decompressors, name) ? decompressors[name] : builtIn(name, maxBodyBytes);
  if (!decompress) return await runHandler(run, request); // the handler may know the format
  let body: Uint8Array<ArrayBuffer>;
  try {
    body = await decompress(request.body);
  } catch (error) {
    if (error instanceof RangeError) return plainText(413, error.message);
    return plainText(400, `the body is not compressed with ${name}, as metadata.rpc.decompressor says`);
  }
  const headers = new Headers(request.headers);
  headers.delete("content-length"); // that of what came
  return await runHandler(run, { ...request, headers, body });
}

function builtIn(name: string, maxBytes: number): Decompress | undefined {
  const format = formats.get(name);
  return format && (async (body) => {
    const limit = new LimitedBytesTransformStream(maxBytes, { error: true }); // a few bytes can become gigabytes
    const whole = new Blob([body]).stream().pipeThrough(new DecompressionStream(format)).pipeThrough(limit);
    const bytes = await toBytes(whole).catch((error) => {
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`the body is longer than ${maxBytes} bytes when it is decompressed`);
    });
    // Deno takes a stream for whole that was cut, where its end is this checksum.
    const ends = body.length >= 6 && new DataView(body.buffer, body.byteOffset).getUint32(body.length - 4);
    if (name === "zlib" && ends !== adler32(bytes)) throw new TypeError("it is cut, or changed");
    return bytes;
  });
}

/** The checksum at the end of zlib's format: https://www.rfc-editor.org/rfc/rfc1950. */
function adler32(bytes: Uint8Array): number {
  let a = 1, b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}
