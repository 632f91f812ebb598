/**
 * OSS's V1 signature, which servers and tools from before version 4 want. It plugs into `oss()`, and `presign()`
 * works with it, too. Prefer version 4, the default: version 1 is on its way out, and new accounts can't use it.
 *
 * @example
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { oss, presign } from "@pai-edge/sdk/storage/oss";
 * import { ossV1 } from "@pai-edge/sdk/storage/oss-v1";
 *
 * const models = oss(createClient({ ...emulator() }), { bucket: "emulator-bucket", signer: ossV1() });
 * const { url } = await presign(models, { key: "greeting.txt" });
 * console.log(new URL(url).searchParams.has("OSSAccessKeyId")); // true
 * ```
 *
 * @module
 */
import type { OssSigner, OssSigningPlace, OssSigningRequest } from "./oss/signer.ts";
import { presignOss1, signOss1 } from "./oss/signature-v1.ts";

export type { OssSigner, OssSigningPlace, OssSigningRequest };

/** Signs by version 1, with HMAC-SHA1: a signer for `oss(client, { bucket, signer: ossV1() })`. */
export function ossV1(): Required<OssSigner> {
  return {
    sign: (request, credentials, { time }) => signOss1(request, credentials, time),
    presign: (request, credentials, { time }, expires) =>
      presignOss1(request, credentials, Math.floor(time / 1000) + expires),
  };
}
