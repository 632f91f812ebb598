import type { Credentials } from "../../core/credentials.ts";
import { CredentialsError } from "../../core/errors.ts";

/** Nothing is configured in this place: a chain goes on with the next. */
export function notFound(what: string): CredentialsError {
  return new CredentialsError(`Cannot get credentials: ${what}`, {
    code: "CredentialsNotFound",
    tryNext: true,
  });
}

/** What is configured can't be used: a chain must not go on and act as somebody else. */
export function unusable(what: string): CredentialsError {
  return new CredentialsError(`Cannot get credentials: ${what}`, { code: "InvalidCredentials" });
}

/**
 * Makes credentials of what a place holds.
 *
 * @param where What to call the place in messages.
 * @throws {CredentialsError} to try the next place when there is neither id nor secret, as in files that a wizard
 * has begun; not to when one of them is missing.
 */
export function keyPair(
  where: string,
  accessKeyId: unknown,
  accessKeySecret: unknown,
  securityToken?: unknown,
): Credentials {
  if (isText(accessKeyId) && isText(accessKeySecret)) {
    return { accessKeyId, accessKeySecret, ...(isText(securityToken) && { securityToken }) };
  }
  if (!isText(accessKeyId) && !isText(accessKeySecret)) throw notFound(`${where} has no access key`);
  const missing = isText(accessKeyId) ? "access_key_secret" : "access_key_id";
  throw unusable(`${where} has no ${missing}; add it`);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
