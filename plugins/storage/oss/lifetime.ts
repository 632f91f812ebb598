import type { Credentials } from "../../../core/credentials.ts";
import { StorageError } from "../../../core/errors.ts";
import type { OssBucket } from "./bucket.ts";

/** How long something signed is good for, and who signs it. */
export interface Lifetime {
  /** Who signs it. */
  credentials: Credentials;
  /** Milliseconds since the Unix epoch when it begins: signatures have whole seconds. */
  time: number;
  /** Seconds until it ends. */
  seconds: number;
  /** When it ends. */
  expiration: Date;
}

// A week: https://help.aliyun.com/zh/oss/developer-reference/add-signatures-to-urls
const longest = 7 * 24 * 3600;

/**
 * Begins now and ends after the given seconds, or with temporary credentials, since what they signed ends with them.
 *
 * @param what What is attempted, for messages.
 * @throws {RangeError} when the seconds are no integer from 1 to 604800.
 * @throws {StorageError} with the code `SecurityTokenExpired` when the credentials have ended.
 */
export async function lifetimeOf(
  { access }: OssBucket,
  what: string,
  expires: number,
  signal: AbortSignal | undefined,
): Promise<Lifetime> {
  if (!Number.isInteger(expires) || expires < 1 || expires > longest) {
    throw new RangeError(`${what}: \`expires\` is ${expires}, not 1 to ${longest} seconds`);
  }
  const credentials = await access.credentials({ signal });
  signal?.throwIfAborted();
  const time = Math.floor(access.now() / 1000) * 1000;
  const left = Math.floor(((credentials.expiration?.getTime() ?? Infinity) - time) / 1000);
  if (left < 1) {
    throw new StorageError(`${what}: the temporary credentials have expired`, {
      code: "SecurityTokenExpired",
    });
  }
  const seconds = Math.min(expires, left);
  return { credentials, time, seconds, expiration: new Date(time + seconds * 1000) };
}
