import type { Clock } from "../../core/clock.ts";
import { type Credentials, type CredentialsProvider, memoize } from "../../core/credentials.ts";
import { unusable } from "./key-pair.ts";
import { isObject } from "./parse-json.ts";

/**
 * Reads temporary credentials as STS, instances and credentials services answer them.
 *
 * @param where What to call who has answered, in messages.
 * @throws {CredentialsError} when a part is missing, or the answer says itself that it is no success.
 */
export function temporaryCredentials(where: string, answer: unknown): Credentials {
  const { Code, AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = isObject(answer) ? answer : {};
  if (Code !== undefined && Code !== "Success") throw unusable(`${where} says ${String(Code)}`);
  const expiration = new Date(typeof Expiration === "string" ? Expiration : NaN);
  const texts = [AccessKeyId, AccessKeySecret, SecurityToken];
  if (!texts.every(isText) || Number.isNaN(expiration.getTime())) {
    throw unusable(`the answer of ${where} lacks a key, its token or its end`);
  }
  const [accessKeyId, accessKeySecret, securityToken] = texts as [string, string, string]; // just checked
  return { accessKeyId, accessKeySecret, securityToken, expiration };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Keeps what ends by itself until shortly before, as `memoize` does; what doesn't end is asked for each time. */
export function keepTemporary(provider: CredentialsProvider, clock: Clock): CredentialsProvider {
  let kept: CredentialsProvider | undefined;
  let pending: Promise<Credentials> | undefined;
  return async (options) => {
    if (kept) return await kept(options);
    pending ??= provider().finally(() => pending = undefined); // without a caller's signal: others may be waiting too
    const first = await pending;
    if (!first.expiration || kept) return first;
    let unused: Credentials | undefined = first;
    kept = memoize(() => {
      const found = unused ? Promise.resolve(unused) : provider();
      unused = undefined;
      return found;
    }, { clock });
    return await kept(options);
  };
}
