import type { KeyLookup } from "./keys.ts";
import { refuse, type Verdict } from "./refusal.ts";
import { verifyOss1 } from "./verify-oss1.ts";
import { verifyOss4 } from "./verify-oss4.ts";
import type { WireRequest } from "./wire-text.ts";

/** Checks the signature of a request of storage, of whichever version it has. */
export function verifyOss(request: WireRequest, lookup: KeyLookup, now: number, region: string): Verdict {
  const authorization = new Map(request.headers).get("authorization");
  const isPresigned = /[?&](x-oss-signature|Signature)=/.test(request.search);
  if (authorization !== undefined && isPresigned) {
    // https://www.alibabacloud.com/help/en/oss/support/0002-00000039
    return refuse(400, "InvalidArgument", "The header and the address can't both have a signature.");
  }
  const isVersion1 = authorization?.startsWith("OSS ") ??
    /[?&](Signature|OSSAccessKeyId)=/.test(request.search);
  return isVersion1 ? verifyOss1(request, lookup, now) : verifyOss4(request, lookup, now, region);
}
