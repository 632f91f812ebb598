import type { ObjectInfo } from "../../../core/storage.ts";
import { settle, untilStopped, type UploadOptions } from "./options.ts";
import { planParts } from "./plan.ts";
import { runUpload } from "./run.ts";
import { openSource, type UploadSource } from "./source.ts";
import { putHeaders } from "../object/headers.ts";
import { checkKey } from "../object/key.ts";
import type { OssBucket } from "../oss/bucket.ts";

const mib = 1024 * 1024;

/**
 * Uploads an object. A short one is put in one request, others in parts, several at a time. Each part, and
 * the whole, is compared with what OSS says it has, by CRC-64.
 *
 * An upload that fails is aborted, so that no part of it stays and is paid for; where that fails too, the
 * error says its id for {@linkcode abortUpload}. With `onCheckpoint` or `checkpoint` it stays, to be gone on
 * with. A process that is killed can't abort anything: what it leaves is in {@linkcode listUploads}.
 *
 * @param source What to upload. Bytes must not be changed meanwhile.
 * @throws {TypeError} when the key, the source or the checkpoint can't be one.
 * @throws {RangeError} when an option or the length of the source is beyond its bounds.
 * @throws {PaiError} with the code `FileChanged` when the source is not what it was.
 * @throws {StorageError} when OSS refuses or can't be reached; with the code `CrcMismatch` when it has other
 * bytes, which are deleted.
 * @throws {TimeoutError} when `timeout` is over.
 */
export async function upload(
  bucket: OssBucket,
  key: string,
  source: UploadSource,
  options: UploadOptions = {},
): Promise<ObjectInfo> {
  const what = `Cannot upload "oss://${bucket.bucket}/${key}"`;
  checkKey("upload", bucket.bucket, key);
  const headers = putHeaders(what, options);
  const content = openSource(what, source, options.size);
  const settled = settle(what, options);
  const { checkpoint, partSize = (content.kind === "passing" || content.read ? 4 : 8) * mib } = options;
  const parts = planParts(what, content.size, checkpoint?.partSize ?? partSize);
  return await untilStopped(what, settled, async (signal, stop) => {
    try {
      const fingerprint = content.kind === "open" ? await content.fingerprint() : undefined;
      const plan = {
        what,
        target: { bucket, key },
        source: content,
        parts,
        fingerprint,
        options: settled,
        signal,
        stop,
      };
      return await runUpload(plan, headers);
    } finally {
      if (content.kind === "passing") content.cancel(signal.reason);
    }
  });
}
