import type { tokenFault } from "./keys.ts";
import { refuse, type Verdict } from "./refusal.ts";

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
