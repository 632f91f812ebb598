import { maxSkew, type tokenFault } from "./keys.ts";
import { refuse, type Verdict } from "./refusal.ts";

/** What the vendor's APIs say about a signature of which something is missing. */
export function incomplete(why: string): Verdict {
  const message = `The request signature does not conform to Alibaba Cloud standards: ${why}.`;
  return refuse(400, "IncompleteSignature", message);
}

/** What they say about the time of a request, `NaN` when it can't be read; nothing when it is near enough. */
export function timeFault(time: number, now: number): Verdict | undefined {
  if (Number.isNaN(time)) {
    const message = "Specified time stamp or date value is not well formatted.";
    return refuse(400, "InvalidTimeStamp.Format", message);
  }
  if (Math.abs(now - time) <= maxSkew) return undefined;
  return refuse(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.");
}

/** What the vendor's APIs say about the token of a temporary key. */
export function tokenRefusal(fault: ReturnType<typeof tokenFault>): Verdict | undefined {
  switch (fault) {
    case "missing":
      return refuse(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.");
    case "mismatch":
      return refuse(
        400,
        "InvalidSecurityToken.MismatchWithAccessKey",
        "Specified SecurityToken mismatch with the AccessKey.",
      );
    case "expired":
      return refuse(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.");
  }
}
