import type { Client } from "../../../core/client.ts";
import type { Credentials, CredentialsOptions } from "../../../core/credentials.ts";
import { PaiError, StorageError } from "../../../core/errors.ts";
import type { Fetch } from "../../../core/fetch.ts";
import { redact } from "../../../core/redact.ts";
import { apiRetry, withRetry } from "../../../core/retry.ts";
import { bounded } from "../../../core/timeout.ts";
import { pctPath } from "../../../core/percent.ts";
import type { ObjectBody } from "../object/body.ts";
import { canonicalQuery } from "./signature-v4.ts";
import type { OssAddress } from "./address.ts";
import { type OssRefusal, readRefusal, storageError } from "./error.ts";
import type { OssAccess, OssSigner } from "./signer.ts";
import { childText } from "./xml.ts";

/** One call of OSS. */
export interface OssCall {
  /** What is attempted, for messages: `put`. */
  action: string;
  /** Method in upper case. */
  method: string;
  /** The object; absent when the call is about the bucket. */
  key?: string;
  /** What the call is about in messages. Default: the object's address. */
  uri?: string;
  /** Query parameters. */
  query?: Readonly<Record<string, string | undefined>>;
  /** Headers by lower-case name. */
  headers?: Readonly<Record<string, string>>;
  /** What is sent. */
  body?: ObjectBody;
  /** Cancels the call. */
  signal?: AbortSignal;
  /** Whether the call may run twice. @default {true} */
  idempotent?: boolean;
}

/** What was signed last, to explain a refusal. */
interface Attempt {
  credentials: Credentials;
  signed: string;
}

// A slow upload moves about 64 KB/s; a longer one is given up only when its caller says so.
const slowestUpload = 64;

// A server's time is believed within a year, so that one that says 1970 makes nothing worse.
const maxSkew = 366 * 24 * 3600_000;

/**
 * What every call of a bucket goes through: it signs each attempt anew, retries, bounds the wait, and learns from
 * OSS how far this machine's clock is off, and that temporary credentials are over.
 */
export class OssSender implements OssAccess {
  readonly signer: OssSigner;
  readonly #client: Client;
  readonly #address: OssAddress;
  readonly #timeout: number;
  #skew = 0;

  /** Makes the sender of one bucket; it waits `timeout` milliseconds for an answer. */
  constructor(client: Client, address: OssAddress, signer: OssSigner, timeout: number) {
    this.#client = client;
    this.#address = address;
    this.signer = signer;
    this.#timeout = timeout;
  }

  url(key = "", query: OssCall["query"] = {}): string {
    const search = canonicalQuery(query);
    return `${this.#address.base}/${pctPath(key)}${search && `?${search}`}`;
  }

  credentials(options?: CredentialsOptions): Promise<Credentials> {
    return this.#client.credentials(options);
  }

  now(): number {
    return this.#client.clock.now() + this.#skew;
  }

  /**
   * Sends a call and reads its answer.
   *
   * @throws {StorageError} when OSS refuses or can't be reached.
   */
  async send<T>(call: OssCall, read: (response: Response) => T | Promise<T>): Promise<T> {
    const { action, key, body } = call;
    const what = `Cannot ${action} "${this.#uri(call)}"`;
    const size = body?.size() ?? (body ? Infinity : 0);
    const wait = Math.round(this.#timeout + size / slowestUpload);
    try {
      return await bounded(what, wait, call.signal, async (untilAnswer) => {
        // The wait ends with the answer; the caller's own signal goes on to cancel the reading of an object.
        const signal = call.signal ? AbortSignal.any([untilAnswer, call.signal]) : untilAnswer;
        let reading = false;
        try {
          const response = await this.#answer(call, signal);
          if (!(body?.whole() ?? true)) {
            throw new StorageError(`${what}: answered before all was sent`, { code: "InvalidResponse", key });
          }
          reading = true;
          return await read(response);
        } catch (error) {
          const isTold = error instanceof PaiError;
          const isBroken = isTold ? error.code === "NetworkError" : reading; // no answer, or one that breaks off
          if (body?.failure() || signal.aborted || !isBroken) throw error;
          const cause = isTold ? error.cause : error;
          const said = redact(cause instanceof Error ? cause.message : String(cause));
          const message = `${what}: no answer from ${this.#address.base} (${said})`;
          throw new StorageError(message, { code: "NetworkError", key, cause });
        }
      });
    } catch (error) {
      body?.close(error);
      throw body?.failure() ?? error;
    }
  }

  /** The answer to a call that OSS accepts. */
  async #answer(call: OssCall, signal: AbortSignal): Promise<Response> {
    const { action, method, key, body } = call;
    let rejected: Credentials | undefined;
    // A request is signed again once for a wrong clock and once for credentials that are over; a stream never.
    for (let mayResign = body?.content instanceof ReadableStream ? 0 : 2;; mayResign--) {
      const { response, credentials, signed } = await this.#attempts(call, signal, rejected);
      if (response.ok) return response;
      const refusal = await readRefusal(response, method);
      if (this.#learn(refusal) && mayResign) continue;
      if (isOver(refusal, credentials) && mayResign && !rejected) {
        rejected = credentials;
        const { accessKeyId, securityToken } = await this.credentials({ signal, rejected });
        if (accessKeyId !== rejected.accessKeyId || securityToken !== rejected.securityToken) continue;
      }
      throw storageError(action, refusal, {
        uri: this.#uri(call),
        key,
        secrets: [credentials.accessKeySecret, credentials.securityToken],
        hint: signatureHint(refusal, signed, this.#address.region),
      });
    }
  }

  /** Sends a request as often as the policy of retries says, each time signed anew, and tells what was signed last. */
  async #attempts(
    { method, key, query, body, idempotent, headers = {} }: OssCall,
    signal: AbortSignal,
    rejected: Credentials | undefined,
  ): Promise<Attempt & { response: Response }> {
    const { bucket, region } = this.#address;
    const request = { method, bucket, key, query, headers };
    let last: Attempt | undefined;
    const attempt: Fetch = async (url, init) => {
      const { fetch } = this.#client; // a global fetch refuses to be called as another object's method
      const credentials = await this.credentials({ signal, rejected });
      const { headers, signed } = this.signer.sign(request, credentials, { time: this.now(), region });
      last = { credentials, signed };
      return fetch(url, { ...init, headers });
    };
    // A stream wants `duplex`, which TypeScript's RequestInit doesn't know yet.
    const duplex = body?.content instanceof ReadableStream && { duplex: "half" };
    const init = { method, redirect: "manual", signal, body: body?.content, ...duplex } as const;
    const send = withRetry(attempt, apiRetry, { clock: this.#client.clock, idempotent });
    const response = await send(this.url(key, query), init);
    return { response, ...last! }; // an answer follows an attempt
  }

  /**
   * Takes over the server's time from a refusal, if that is about time; the body's time is OSS's own, unlike the
   * header's of some proxy.
   */
  #learn({ code, details }: OssRefusal): boolean {
    if (code !== "RequestTimeTooSkewed") return false;
    const skew = Date.parse(childText(details, "ServerTime") ?? "") - this.#client.clock.now();
    const believed = Math.abs(skew) <= maxSkew; // false for NaN
    if (believed) this.#skew = skew;
    return believed;
  }

  #uri({ uri, key = "" }: OssCall): string {
    return uri ?? `oss://${this.#address.bucket}/${key}`;
  }
}

/** Whether OSS says that temporary credentials have ended, which it words in more than one way. */
function isOver({ code }: OssRefusal, { securityToken }: Credentials): boolean {
  return securityToken !== undefined &&
    /^(SecurityTokenExpired|InvalidAccessKeyId|InvalidSecurityToken)$/.test(code ?? "");
}

/** Tells a wrong secret from a request that something changed on its way. */
function signatureHint({ code, details }: OssRefusal, signed: string, region: string): string | undefined {
  if (code !== "SignatureDoesNotMatch") return undefined;
  const theirs = childText(details, "StringToSign");
  return theirs === undefined || theirs === signed
    ? "check the access key secret"
    : `the request was changed on its way, or \`region: "${region}"\` is not the bucket's`;
}
