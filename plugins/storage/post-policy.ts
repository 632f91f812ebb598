/**
 * Forms that upload straight to OSS from a browser, or from any client without keys: what they may upload is
 * written in a policy, which is signed.
 *
 * @example
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { oss } from "@pai-edge/sdk/storage/oss";
 * import { postPolicy } from "@pai-edge/sdk/storage/post-policy";
 *
 * const models = oss(createClient({ ...emulator() }), { bucket: "emulator-bucket" });
 * const { url, fields } = await postPolicy(models, { keyPrefix: "inbox/", maxSize: 10_000_000 });
 *
 * const form = new FormData();
 * for (const [name, value] of Object.entries(fields)) form.append(name, value);
 * form.append("file", new Blob(["hello"]), "greeting.txt"); // last: OSS ignores what follows
 * console.log(url, form.get("key")); // … inbox/${filename}
 * ```
 *
 * @module
 */
import { lifetimeOf } from "./oss/lifetime.ts";
import { checkKey } from "./object/key.ts";
import type { OssBucket } from "./oss/bucket.ts";
import { credentialScope, oss4Date } from "./oss/signature-v4.ts";
import { encodePolicy, signPolicy1, signPolicy4 } from "./oss/policy.ts";

/**
 * What a form must fulfil: `{ field: value }`, `["eq", "$field", value]`, `["starts-with", "$field", beginning]`,
 * `["in", "$field", values]` or `["content-length-range", least, most]`.
 *
 * Source: https://help.aliyun.com/zh/oss/developer-reference/postobject
 */
export type PolicyCondition =
  | Readonly<Record<string, string>>
  | readonly ["eq" | "starts-with", string, string]
  | readonly ["in" | "not-in", string, readonly string[]]
  | readonly ["content-length-range", number, number];

/** Options of {@linkcode postPolicy}. */
export interface PostPolicyOptions {
  /** The key to upload to; either this or `keyPrefix`. */
  key?: string;
  /** What the key must begin with; the form is filled in with the name of its file after it. */
  keyPrefix?: string;
  /** Most bytes of the file. @default {as many as OSS takes, 5 GB} */
  maxSize?: number;
  /** Further fields with a value that can't be changed, such as `content-type` or `success_action_status`. */
  fields?: Readonly<Record<string, string>>;
  /** Further conditions. */
  conditions?: readonly PolicyCondition[];
  /** Seconds from now, 1 to 604800; no longer than the credentials last. @default {900} */
  expires?: number;
  /** Version of the signature. @default {4} */
  version?: 1 | 4;
  /** Cancels the wait for credentials. */
  signal?: AbortSignal;
}

/** A form that needs no keys. Its fields are a secret: whoever has them can upload until it expires. */
export interface PostForm {
  /** Where to send it, as `multipart/form-data`. */
  url: string;
  /** Fields to send before the one with the name `file`. */
  fields: Record<string, string>;
  /** When it ends. */
  expiration: Date;
}

/**
 * Makes a form for uploads to one key, or to keys with one beginning.
 *
 * @throws {TypeError} when there is neither a key nor a prefix, or both.
 * @throws {RangeError} when `expires` or `maxSize` can't be used.
 * @throws {StorageError} with the code `SecurityTokenExpired` when the credentials have ended.
 */
export async function postPolicy(bucket: OssBucket, options: PostPolicyOptions): Promise<PostForm> {
  const { key, keyPrefix, expires = 900, version = 4, signal } = options;
  const what = `Cannot sign a form for "oss://${bucket.bucket}/${key ?? keyPrefix ?? ""}"`;
  check(what, bucket.bucket, options);
  const { access, region } = bucket;
  const { credentials, time, expiration } = await lifetimeOf(bucket, what, expires, signal);
  const { accessKeyId, accessKeySecret, securityToken } = credentials;
  const scope = { date: oss4Date(time), region };
  const token = { ...(securityToken && { "x-oss-security-token": securityToken }) };
  const signing: Record<string, string> = version === 1 ? { OSSAccessKeyId: accessKeyId, ...token } : {
    "x-oss-signature-version": "OSS4-HMAC-SHA256",
    "x-oss-credential": `${accessKeyId}/${credentialScope(scope)}`,
    "x-oss-date": scope.date,
    ...token,
  };
  const bound = { ...options.fields, ...(version === 4 && signing) };
  const policy = encodePolicy({
    expiration: expiration.toISOString(),
    conditions: conditionsOf(bucket.bucket, bound, options),
  });
  const signature: Record<string, string> = version === 1
    ? { Signature: signPolicy1(accessKeySecret, policy) }
    : { "x-oss-signature": signPolicy4(accessKeySecret, policy, scope) };
  const fields = {
    key: key ?? `${keyPrefix}\${filename}`,
    ...options.fields,
    ...signing,
    policy,
    ...signature,
  };
  return { url: access.url(), fields, expiration };
}

function conditionsOf(
  bucket: string,
  bound: Readonly<Record<string, string>>,
  { key, keyPrefix, maxSize, conditions = [] }: PostPolicyOptions,
): unknown[] {
  return [
    { bucket },
    keyPrefix === undefined ? ["eq", "$key", key] : ["starts-with", "$key", keyPrefix],
    ...(maxSize === undefined ? [] : [["content-length-range", 0, maxSize]]),
    ...Object.entries(bound).map(([name, value]) => ({ [name]: value })),
    ...conditions,
  ];
}

function check(
  what: string,
  bucket: string,
  { key, keyPrefix, maxSize }: PostPolicyOptions,
): void {
  if ((key === undefined) === (keyPrefix === undefined)) {
    throw new TypeError(`${what}: give either \`key\` or \`keyPrefix\``);
  }
  checkKey("sign a form for", bucket, key ?? `${keyPrefix}x`);
  if (maxSize !== undefined && !(Number.isSafeInteger(maxSize) && maxSize >= 0)) {
    throw new RangeError(`${what}: \`maxSize\` is ${maxSize}, not a number of bytes`);
  }
}
