/**
 * Uploads of any size to OSS: in parts, several at a time, from any source, verified, and resumable.
 *
 * @example
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { upload } from "@pai-edge/sdk/storage/multipart";
 * import { oss } from "@pai-edge/sdk/storage/oss";
 *
 * const models = oss(createClient({ ...emulator() }), { bucket: "emulator-bucket" });
 * const weights = new Blob([new Uint8Array(300_000)]); // or bytes, a stream, a file of fromDisk()
 * const { size, crc64 } = await upload(models, "weights.bin", weights, {
 *   partSize: 100 * 1024,
 *   onProgress: ({ done, total }) => console.log(`${done} of ${total} bytes`),
 * });
 * console.log(size, crc64);
 * ```
 *
 * @module
 */
export { copyLarge, type CopyLargeOptions, type LargeCopySource } from "./multipart/copy-large.ts";
export { type MultipartBucketOptions, withMultipart } from "./multipart/bucket.ts";
export type { UploadCheckpoint } from "./multipart/checkpoint.ts";
export { type UploadedOnce, uploadOnce, type UploadOnceOptions } from "./multipart/once.ts";
export type { UploadOptions, UploadProgress } from "./multipart/options.ts";
export type { UploadFile, UploadSource } from "./multipart/source.ts";
export { upload } from "./multipart/upload.ts";
export { abortUpload, listUploads, type ListUploadsOptions, type UploadInfo } from "./multipart/uploads.ts";
