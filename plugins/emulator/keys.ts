import type { Credentials } from "../../core/credentials.ts";

/** Finds a key by its id. */
export type KeyLookup = (accessKeyId: string) => Credentials | undefined;

/** Longest distance between a request's date and the server's clock, in both services: 15 minutes. */
export const maxSkew = 15 * 60 * 1000;

/** What is wrong with the token of a request, if anything. */
export function tokenFault(
  key: Credentials,
  sent: string | undefined,
  now: number,
): "missing" | "mismatch" | "expired" | undefined {
  if ((sent ?? "") !== (key.securityToken ?? "")) return sent ? "mismatch" : "missing";
  return key.expiration && key.expiration.getTime() <= now ? "expired" : undefined;
}
