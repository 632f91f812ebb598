import { base64, utf8 } from "../../../core/encoding.ts";
import { signature as signature1 } from "./signature-v1.ts";
import { type Oss4Scope, signature as signature4, signingKey } from "./signature-v4.ts";

// The stages of a signed policy: https://help.aliyun.com/zh/oss/developer-reference/signature-version-4-recommend

/** A policy as it is signed and sent: Base64 of JSON, or of text that is JSON already. */
export function encodePolicy(
  policy: string | { expiration: string; conditions: readonly unknown[] },
): string {
  return base64(utf8(typeof policy === "string" ? policy : JSON.stringify(policy)));
}

/** Signs an encoded policy by version 4, in lower-case hex. */
export function signPolicy4(accessKeySecret: string, encoded: string, scope: Oss4Scope): string {
  return signature4(signingKey(accessKeySecret, scope), encoded);
}

/** Signs an encoded policy by version 1, in Base64. */
export function signPolicy1(accessKeySecret: string, encoded: string): string {
  return signature1(accessKeySecret, encoded);
}
