import type { KeyLookup } from "./keys.ts";
import { maxSkew } from "./keys.ts";
import { expired, findKey, isoTime, wrongSignature } from "./oss-keys.ts";
import { parseDate, parseScope } from "./oss4-claims.ts";
import { refuse, type Verdict } from "./refusal.ts";
import { oss1Signature } from "./verify-oss1.ts";
import { oss4Signature } from "./verify-oss4.ts";

/** Longest time that a form signed with version 4 is good for. */
const longest = 7 * 24 * 60 * 60 * 1000;

/**
 * Checks the signature of a form's policy, of version 4 or 1, by the rules of
 * https://www.alibabacloud.com/help/en/oss/developer-reference/signature-version-4-recommend. A `region` refuses
 * signatures made for another one. What the policy says is not looked at.
 *
 * @param fields Values by name in lower case.
 */
export function verifyOssPost(
  fields: ReadonlyMap<string, string>,
  lookup: KeyLookup,
  now: number,
  region?: string,
): Verdict {
  const policy = fields.get("policy");
  if (policy === undefined) return missing("policy");
  const version = fields.get("x-oss-signature-version");
  if (version === undefined) return verifyVersion1(fields, policy, lookup, now);
  if (version !== "OSS4-HMAC-SHA256") return invalid("x-oss-signature-version", version);
  return verifyVersion4(fields, policy, lookup, now, region);
}

function verifyVersion1(
  fields: ReadonlyMap<string, string>,
  policy: string,
  lookup: KeyLookup,
  now: number,
): Verdict {
  const [accessKeyId, signature] = [fields.get("ossaccesskeyid"), fields.get("signature")];
  if (accessKeyId === undefined) {
    return refuse(403, "AccessDenied", "Anonymous access is forbidden for this operation.");
  }
  if (signature === undefined) return missing("Signature");
  const key = findKey(lookup, accessKeyId, fields.get("x-oss-security-token"), now);
  if ("ok" in key) return key;
  return oss1Signature(key.accessKeySecret, policy) === signature
    ? { ok: true, accessKeyId }
    : wrongSignature({ accessKeyId, signature }, policy);
}

function verifyVersion4(
  fields: ReadonlyMap<string, string>,
  policy: string,
  lookup: KeyLookup,
  now: number,
  region?: string,
): Verdict {
  const [credential = "", date = "", signature = ""] = ["credential", "date", "signature"].map((name) =>
    fields.get(`x-oss-${name}`)
  );
  const scope = parseScope(credential);
  if (!scope) return invalid("x-oss-credential", credential);
  const time = parseDate(date);
  if (Number.isNaN(time) || !date.startsWith(`${scope.day}T`)) return invalid("x-oss-date", date);
  if (region && scope.region !== region) return invalid("x-oss-credential", credential);
  const { accessKeyId } = scope;
  const key = findKey(lookup, accessKeyId, fields.get("x-oss-security-token"), now);
  if ("ok" in key) return key;
  if (now > time + longest) return expired(time + longest, now);
  if (time - now > maxSkew) {
    return refuse(403, "AccessDenied", "Request is not yet valid.", { ServerTime: isoTime(now) });
  }
  return oss4Signature(key.accessKeySecret, scope.scope, policy) === signature
    ? { ok: true, accessKeyId }
    : wrongSignature({ accessKeyId, signature }, policy);
}

function missing(name: string): Verdict {
  return refuse(400, "InvalidArgument", `Bucket POST must contain a field named '${name}'.`, {
    ArgumentName: name,
  });
}

function invalid(name: string, value: string): Verdict {
  const details = { ArgumentName: name, ArgumentValue: value };
  return refuse(400, "InvalidArgument", `The field ${name} is invalid.`, details);
}
