import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Credentials } from "../../core/credentials.ts";
import { type KeyLookup, maxSkew, tokenFault } from "./keys.ts";
import { type RefusalInit, refuse, type Verdict } from "./refusal.ts";

type Refused = { ok: false } & RefusalInit;

/** The key that a request of storage is signed with, or why it is not accepted. */
export function findKey(
  lookup: KeyLookup,
  accessKeyId: string,
  token: string | undefined,
  now: number,
): Credentials | Refused {
  const key = lookup(accessKeyId);
  const unknown = refuse(
    403,
    "InvalidAccessKeyId",
    "The OSS Access Key Id you provided does not exist in our records.",
    {
      OSSAccessKeyId: accessKeyId,
    },
  );
  if (!key) return unknown;
  switch (tokenFault(key, token, now)) {
    case "missing": // a temporary key isn't known without its token
      return unknown;
    case "mismatch":
      return refuse(403, "InvalidSecurityToken", "The security token you provided is invalid.");
    case "expired":
      return refuse(403, "SecurityTokenExpired", "The security token you provided has expired.");
  }
  return key;
}

/** Refuses the date of a request when it is too far away; the answer tells the server's own time. */
export function skewFault(date: string, time: number, now: number): Verdict | undefined {
  if (Math.abs(now - time) <= maxSkew) return undefined;
  return refuse(
    403,
    "RequestTimeTooSkewed",
    "The difference between the request time and the current time is too large.",
    { RequestTime: date, ServerTime: isoTime(now), MaxAllowedSkewMilliseconds: String(maxSkew) },
  );
}

/** Refuses a presigned address after its end. */
export function expired(end: number, now: number): Refused {
  const details = { Expires: isoTime(end), ServerTime: isoTime(now) };
  return refuse(403, "AccessDenied", "Request has expired.", details);
}

/** Refuses a signature, and tells what should have been signed. */
export function wrongSignature(
  { accessKeyId, signature }: { accessKeyId: string; signature: string },
  stringToSign: string,
  further: Record<string, string> = {},
): Refused {
  return refuse(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    {
      OSSAccessKeyId: accessKeyId,
      SignatureProvided: signature,
      StringToSign: stringToSign,
      StringToSignBytes: Array.from(utf8ToBytes(stringToSign), (byte) => byte.toString(16).padStart(2, "0"))
        .join(" "),
      ...further,
    },
  );
}

/** A time as OSS writes it in its documents. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}
