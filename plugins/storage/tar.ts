/**
 * Files as one archive: a stream of tar that has the same bytes on every runtime, system and clock, so that its
 * digest can be its name.
 *
 * @example
 * ```ts
 * import { fromMap } from "@pai-edge/sdk/storage/map";
 * import { memory } from "@pai-edge/sdk/storage/memory";
 * import { tarGz, uploadArchive } from "@pai-edge/sdk/storage/tar";
 *
 * const model = fromMap({ "model.json": JSON.stringify({ trees: [] }), "labels/en.txt": "cat\ndog\n" });
 * console.log(await new Response(tarGz(model)).blob()); // nothing was read before
 *
 * const bucket = memory(); // with an account: oss(client, { bucket })
 * const { key } = await uploadArchive(bucket, model, { prefix: "models/" });
 * console.log(key); // models/<digest>.tar.gz
 * console.log((await uploadArchive(bucket, model, { prefix: "models/" })).uploaded); // false: it is there
 * ```
 *
 * @module
 */
export { type Compressor, gzip, type GzipOptions } from "./archive/gzip.ts";
export { tar, type TarOptions, type TarProgress } from "../archive/tar-stream.ts";
export { tarGz, type TarGzOptions } from "./archive/tar-gz.ts";
export {
  archiveDigest,
  uploadArchive,
  type UploadArchiveOptions,
  type UploadedArchive,
} from "./archive/upload.ts";
