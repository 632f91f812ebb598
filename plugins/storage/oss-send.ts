import type { Client } from "../../core/client.ts";
import type { Credentials } from "../../core/credentials.ts";
import { PaiError, StorageError } from "../../core/errors.ts";
import type { Fetch } from "../../core/fetch.ts";
import { redact } from "../../core/redact.ts";
import { apiRetry, withRetry } from "../../core/retry.ts";
import { bounded } from "../../core/timeout.ts";
import type { ObjectBody } from "./object-body.ts";
import {
  canonicalRequest,
  oss4Date,
  type Oss4Request,
  type Oss4Scope,
  rememberSigningKey,
  signOss4,
  stringToSign,
} from "./oss4.ts";
import { type OssAddress, ossUrl } from "./oss-address.ts";
import { type OssRefusal, readRefusal, storageError } from "./oss-error.ts";
import { childText } from "./oss-xml.ts";

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
  /** With the headers that the signature added. */
  request: Oss4Request & { headers: Record<string, string> };
  scope: Oss4Scope;
}

// A slow upload moves about 64 KB/s; a longer one is given up only when its caller says so.
const slowestUpload = 64;

// A server's time is believed within a year, so that one that says 1970 makes nothing worse.
const maxSkew = 366 * 24 * 3600_000;

/**
 * What every call of a bucket goes through: it signs each attempt anew, retries, bounds the wait, and learns how
 * far this machine's clock is off when OSS says so.
 */
export class OssSender {
  readonly #client: Client;
  readonly #address: OssAddress;
  readonly #timeout: number;
  readonly #deriveKey = rememberSigningKey();
  #skew = 0;

  /** Makes the sender of one bucket; it waits `timeout` milliseconds for an answer. */
  constructor(client: Client, address: OssAddress, timeout: number) {
    this.#client = client;
    this.#address = address;
    this.#timeout = timeout;
  }

  /**
   * Sends a call and reads its answer.
   *
   * @throws {StorageError} when OSS refuses or can't be reached.
   */
  send<T>(call: OssCall, read: (response: Response) => T | Promise<T>): Promise<T> {
    const { action, key, body } = call;
    const what = `Cannot ${action} "${this.#uri(call)}"`;
    const size = body?.size() ?? (body ? Infinity : 0);
    return bounded(
      what,
      Math.round(this.#timeout + size / slowestUpload),
      call.signal,
      async (untilAnswer) => {
        // The wait ends with the answer; the caller's own signal goes on to cancel the reading of an object.
        const signal = call.signal ? AbortSignal.any([untilAnswer, call.signal]) : untilAnswer;
        try {
          return await read(await this.#answer(call, signal));
        } catch (error) {
          if (body?.failure()) throw body.failure();
          if (signal.aborted || !(error instanceof PaiError && error.code === "NetworkError")) throw error;
          const { cause } = error;
          const said = redact(cause instanceof Error ? cause.message : String(cause));
          const message = `${what}: no answer from ${this.#address.origin} (${said})`;
          throw new StorageError(message, { code: "NetworkError", key, cause });
        }
      },
    );
  }

  /** The answer to a call that OSS accepts. */
  async #answer(call: OssCall, signal: AbortSignal): Promise<Response> {
    const { method, key, query, body, idempotent } = call;
    const { clock } = this.#client;
    const isStream = body?.content instanceof ReadableStream;
    for (let mayResign = !isStream;; mayResign = false) {
      let last: Attempt | undefined;
      const attempt: Fetch = async (url, init) => {
        const { fetch } = this.#client; // a global fetch refuses to be called as another object's method
        last = await this.#sign(call, signal);
        return fetch(url, { ...init, headers: last.request.headers });
      };
      // A stream wants `duplex`, which TypeScript's RequestInit doesn't know yet.
      const init = {
        method,
        redirect: "manual",
        signal,
        body: body?.content,
        ...(isStream && { duplex: "half" }),
      } as const;
      const response = await withRetry(attempt, apiRetry, { clock, idempotent })(
        ossUrl(this.#address, key, query),
        init,
      );
      if (response.ok) return response;

      const refusal = await readRefusal(response, method);
      const skew = refusal.code === "RequestTimeTooSkewed" ? serverSkew(refusal, clock.now()) : undefined;
      this.#skew = skew ?? this.#skew;
      if (skew !== undefined && mayResign) continue;
      const { accessKeySecret, securityToken } = last!.credentials; // an answer follows an attempt
      throw storageError(call.action, refusal, {
        uri: this.#uri(call),
        key,
        secrets: [accessKeySecret, securityToken],
        hint: signatureHint(refusal, last!),
      });
    }
  }

  async #sign({ method, key, query, headers = {} }: OssCall, signal: AbortSignal): Promise<Attempt> {
    const credentials = await this.#client.credentials({ signal });
    const { bucket, region } = this.#address;
    const scope = { date: oss4Date(this.#client.clock.now() + this.#skew), region };
    const unsigned = { method, bucket, key, query, headers };
    const signed = signOss4(unsigned, credentials, scope, this.#deriveKey);
    return { credentials, scope, request: { ...unsigned, headers: signed } };
  }

  #uri({ uri, key = "" }: OssCall): string {
    return uri ?? `oss://${this.#address.bucket}/${key}`;
  }
}

/** How many milliseconds the server is ahead; the body's time is OSS's own, unlike the header's of some proxy. */
function serverSkew({ details }: OssRefusal, now: number): number | undefined {
  const skew = Date.parse(childText(details, "ServerTime") ?? "") - now;
  return Math.abs(skew) <= maxSkew ? skew : undefined; // false for NaN
}

/** Tells a wrong secret from a request that something changed on its way. */
function signatureHint({ code, details }: OssRefusal, { request, scope }: Attempt): string | undefined {
  if (code !== "SignatureDoesNotMatch") return undefined;
  const theirs = childText(details, "StringToSign");
  return theirs === undefined || theirs === stringToSign(canonicalRequest(request), scope)
    ? "check that the access key secret belongs to the access key id"
    : `the request was changed on its way, or \`region: "${scope.region}"\` is not the bucket's`;
}
