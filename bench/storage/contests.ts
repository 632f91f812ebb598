/**
 * What storage takes of a processor beside moving bytes: the CRC-64 of everything, and a signature for each request.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { crc64 } from "../../plugins/storage/crc64.ts";
import { canonicalRequest, rememberSigningKey, signOss4 } from "../../plugins/storage/oss/signature-v4.ts";
import type { Contest } from "../measure.ts";

/** Bytes that are hashed at once. */
export const hashed = 1 << 20;

/** What goals call the rows. */
export const names = {
  crc64: "**`crc64`**",
  sha256: "one SHA-256 of the text that is signed (`@noble/hashes`)",
  sign: "**`signOss4`** as `oss()` calls it",
} as const;

/** The contests. */
export function storageContests(): Contest[] {
  const bytes = new Uint8Array(hashed).map((_, i) => i * 31), copy = new Uint8Array(hashed);
  const credentials = { accessKeyId: "invented-key", accessKeySecret: "invented-secret" };
  const scope = { date: "20260102T030405Z", region: "cn-hangzhou" };
  const headers = { range: "bytes=8388608-16777215", "if-match": '"5B3C1A2E053D763E1B002CC607C5A0FE"' };
  const request = { method: "GET", bucket: "models", key: "breast-cancer/model 1.bin", headers };
  const signed = signOss4(request, credentials, scope).headers;
  const text = new TextEncoder().encode(canonicalRequest({ ...request, headers: signed }));
  const deriveKey = rememberSigningKey();
  return [
    {
      key: "crc64",
      name: "storage: CRC-64 of 1 MiB",
      candidates: [
        { name: "a copy of the bytes", call: () => copy.set(bytes) },
        { name: names.crc64, call: () => crc64(bytes) },
      ],
    },
    {
      key: "sign",
      name: "storage: signing a request for a range",
      candidates: [
        { name: names.sha256, call: () => sha256(text) },
        { name: names.sign, call: () => signOss4(request, credentials, scope, deriveKey) },
      ],
    },
  ];
}
