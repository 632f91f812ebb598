/**
 * Calls a deployed service with nothing but its endpoint and token: no control plane, no signer.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 *
 * const predictor = new Predictor({
 *   endpoint: "1234567890123456.cn-hangzhou.pai-eas.aliyuncs.com",
 *   serviceName: "iris",
 *   token: "the token of the service",
 *   fetch: () => Response.json([0.98, 0.02]), // leave this out to call the real service
 * });
 * console.log(await predictor.predict([[5.1, 3.5, 1.4, 0.2]]));
 * ```
 *
 * @module
 */
import { PaiError } from "./errors.ts";
import { utf8 } from "./encoding.ts";
import { type Fetch, globalFetch } from "./fetch.ts";
import { json, stringify } from "./json.ts";
import { predictionError } from "./prediction-error.ts";
import { predictRetry, type RetryBudget, retryBudget, type RetryPolicy, withRetry } from "./retry.ts";
import { publicGateway, type Query, requestUrl, serviceUrl } from "./service-url.ts";
import type { Allocate, Serializer } from "./serializer.ts";
import { type Authorizer, tokenAuth } from "./auth.ts";
import { type Bare, bare, bounded, timed } from "./timeout.ts";
import { VERSION } from "./version.ts";

export { type AuthorizedRequest, type Authorizer, bearerAuth, noAuth, tokenAuth } from "./auth.ts";
export { PaiError, type PaiErrorInit, PredictionError, TimeoutError } from "./errors.ts";
export type { Fetch } from "./fetch.ts";
export { json, type JsonOptions } from "./json.ts";
export type { RetryPolicy, RetryRule } from "./retry.ts";
export type { Allocate, Serializer } from "./serializer.ts";
export type * from "./service-config.ts";
export type { Query, QueryValue } from "./service-url.ts";

/** Options of {@linkcode Predictor}. */
export interface PredictorOptions<Input = unknown, Output = unknown> {
  /** Address of the service, or host of its gateway; then {@linkcode PredictorOptions.serviceName} is needed too. */
  endpoint: string | URL;
  /** Name of the service, or of its group, or `group.service`. */
  serviceName?: string;
  /** Token of the service; services that are public have none. */
  token?: string;
  /** Another way to authenticate. @default {tokenAuth(token)} */
  auth?: Authorizer;
  /** Format of inputs and outputs. @default {json()} */
  serializer?: Serializer<Input, Output>;
  /** Sends the requests; README.md shows a faster one for Node, by undici. @default {globalThis.fetch} */
  fetch?: Fetch;
  /** Headers of every request. */
  headers?: HeadersInit;
  /** Longest time of a call in milliseconds, retries and the answer's last byte included. @default {60000} */
  timeout?: number;
  /** What is retried; `false` for nothing. All calls share the policy's `budget`. @default {predictRetry} */
  retry?: RetryPolicy | false;
}

/** Options of one call; they beat the predictor's. */
export interface PredictOptions {
  /** Path below the service's address, for services with routes of their own; may carry a query. */
  path?: string;
  /** Query of the request. */
  query?: Query;
  /** Headers of the request; `authorization` is left to `auth`, and `user-agent` is added to the SDK's own. */
  headers?: HeadersInit;
  /** Another way to authenticate. What a serializer has to ask the service first, it asks in the predictor's own way. */
  auth?: Authorizer;
  /** Cancels the call. */
  signal?: AbortSignal;
  /** Longest time in milliseconds, retries and the answer's last byte included; `Infinity` sets no bound. */
  timeout?: number;
  /** What is retried; `false` for nothing. The budget is that of the predictor's policy. */
  retry?: RetryPolicy | false;
  /** Whether the call may run twice, so that it is retried when it broke before an answer. @default {false} for POST */
  idempotent?: boolean;
}

/** Options of {@linkcode Predictor.rawPredict}. */
export interface RawPredictOptions extends PredictOptions {
  /** HTTP method, in upper case. @default {"POST"} */
  method?: string;
}

/** A client of one deployed service. */
export class Predictor<Input = unknown, Output = unknown> {
  /** Base address of the service. */
  readonly endpoint: string;
  /** Format of inputs and outputs. */
  readonly serializer: Serializer<Input, Output>;
  readonly #what: string;
  readonly #options: PredictorOptions<Input, Output> & { fetch: Fetch };
  /** What most calls have alike: address, and headers by content type. They take a tenth of a small call to make. */
  readonly #url: string;
  readonly #headers: { [contentType: string]: { [name: string]: string } } = {};
  /** Buffers for the bodies of the next calls. A call keeps its own for its retries. */
  readonly #pool: Uint8Array<ArrayBuffer>[] = [];
  readonly #budget: RetryBudget;
  #prepared: Promise<Serializer<Input, Output>> | undefined;

  /**
   * Makes a client. Nothing is sent. A token that will cross the internet in clear text is told to `console.warn`,
   * when the runtime's own `fetch` will send it.
   *
   * @throws {TypeError} when the endpoint or the token can't be used.
   */
  constructor(options: PredictorOptions<Input, Output>) {
    const { endpoint, serviceName, token, fetch = globalFetch } = options;
    if (token !== undefined) tokenAuth(token); // which checks it
    const url = this.endpoint = serviceUrl(endpoint, serviceName);
    this.#what = `Cannot predict with "${url.replace(/^.*\/predict\/|^https?:\/\/|\?.*/g, "")}"`;
    this.#url = requestUrl(url);
    this.#options = { ...options, fetch };
    this.serializer = options.serializer ?? json<Output>();
    this.#budget = retryBudget((options.retry || predictRetry).budget);
    if (token && !options.auth && fetch === globalFetch && publicGateway.test(url.replace("http://", ""))) {
      console.warn(`${url}: token in clear text`);
    }
  }

  /**
   * Predicts: writes the input, posts it and reads the answer, in one request.
   *
   * @throws {TypeError} or {RangeError} when the input can't be written, or the path leads out of the service.
   * @throws {PredictionError} when the service refuses, or its answer breaks off or can't be read.
   * @throws {PaiError} with the code `NetworkError` when there is no answer.
   * @throws {TimeoutError} when the call takes longer than its `timeout`.
   */
  predict(input: Input, options: PredictOptions = {}): Promise<Output> {
    const ms = options.timeout ?? this.#options.timeout ?? 60_000;
    return bounded(this.#what, ms, options.signal, async (signal) => {
      let buffer = this.#pool.pop();
      const allocate: Allocate = (length) =>
        buffer && buffer.length >= length ? buffer : buffer = new Uint8Array(length + 64); // see Writer.startIn
      let serializer = this.serializer, body = serializer.serialize(input, allocate);
      if (!body) {
        const prepared = this.#prepared ??= serializer.prepare!(this);
        prepared.catch(() => this.#prepared = undefined); // the next call tries again
        serializer = await prepared;
        body = serializer.serialize(input, allocate)!; // it knows the signature now
      }
      const [response, secret] = await this.#send(body, serializer.contentType, { ...options, signal });
      let answer = new Uint8Array();
      try {
        answer = new Uint8Array(await response.arrayBuffer());
        // The runtime's own fetch has copied the body when it returns; what another one does with it is not known.
        if (buffer && this.#options.fetch === globalFetch && this.#pool.length < 4) this.#pool.push(buffer);
        return serializer.deserialize(answer);
      } catch (cause) {
        signal.throwIfAborted();
        throw cause instanceof PaiError
          ? cause // of a fetch that bounds the time of its bodies, say
          : await predictionError(this.#what, response, secret, answer, cause);
      }
    });
  }

  /**
   * Sends bytes, text, a `Blob`, a stream or a form as they are, anything else as JSON, and nothing for `undefined`
   * or `null`. Resolves to the answer itself, whose body is still to be read.
   *
   * @throws {TypeError} when the data has no JSON form, or the path leads out of the service.
   * @throws {PredictionError} when the status is not 2xx.
   * @throws {PaiError} with the code `NetworkError` when there is no answer.
   * @throws {TimeoutError} when there is none within `timeout`, or, from reading its body, when that is not read until
   * then; the message tells a service that was slow from a reader that was. An answer that nobody reads or cancels is
   * aborted then.
   */
  async rawPredict(data?: unknown, options: RawPredictOptions = {}): Promise<Response> {
    const [body, contentType] = rawBody(data);
    const own = (options as Bare)[bare]; // which the types show only to callers inside the SDK
    const ms = options.timeout ?? this.#options.timeout ?? 60_000;
    return await bounded(this.#what, ms, options.signal, async (signal, call) => {
      const [response] = await this.#send(body, contentType, { ...options, signal: own ?? signal });
      return own ? response : timed(response, signal, call);
    });
  }

  /** Sends with retries; authorization is made for each attempt. Tells what the last one was authorized with, too. */
  async #send(
    body: RequestBody,
    contentType: string,
    options: RawPredictOptions,
  ): Promise<[response: Response, secret?: string]> {
    const { fetch, token } = this.#options;
    const { method = "POST", path, query, signal, auth = this.#options.auth } = options;
    const policy = options.retry ?? this.#options.retry ?? predictRetry;
    const headers = options.headers
      ? this.#headersOf(contentType, options.headers)
      : this.#headers[contentType] ??= this.#headersOf(contentType);

    let secret = token;
    const attempt = async (url: string, init: RequestInit, mayRenew = true): Promise<Response> => {
      if (!auth) {
        return await fetch(url, { ...init, headers: { ...headers, ...(token && { authorization: token }) } });
      }
      const request = { url, method, headers: new Headers(headers), body };
      await auth(request);
      secret = request.headers.get("authorization")?.replace(/^\w+ /, "");
      const response = await fetch(url, { ...init, headers: request.headers });
      const isRenewed = response.status === 401 && mayRenew && await auth.renew?.(request, response);
      return isRenewed ? await attempt(url, init, false) : response;
    };
    const send = withRetry(attempt, policy || { ...predictRetry, retries: 0 }, {
      ...options,
      what: this.#what,
      budget: this.#budget,
    });
    const url = path || query ? requestUrl(this.endpoint, path, query) : this.#url;
    const init = { method, body, signal, redirect: "manual", duplex: "half" } as const; // of a RequestInit
    const response = await send(url, init);
    if (!response.ok) throw await predictionError(this.#what, response, secret);
    return [response, secret];
  }

  /** Headers of a call; a record, which is copied faster. */
  #headersOf(contentType: string, own?: HeadersInit): { [name: string]: string } {
    const headers = new Headers(this.#options.headers);
    for (const [name, value] of new Headers(own)) headers.set(name, value);
    if (contentType && !headers.has("content-type")) headers.set("content-type", contentType);
    headers.set("user-agent", `pai-edge-sdk/${VERSION} ${headers.get("user-agent") ?? ""}`.trim());
    return Object.fromEntries(headers);
  }
}

type RequestBody = BodyInit | undefined;

function rawBody(data: unknown): [body: RequestBody, contentType: string] {
  if (data === undefined || data === null) return [undefined, ""];
  if (typeof data === "string") return [utf8(data), ""]; // fetch would add a type to a string
  const sendable = [ArrayBuffer, Blob, ReadableStream, URLSearchParams, FormData].some((type) =>
    data instanceof type
  );
  // what TypeScript can't see: everything in the list, and any view, is a body
  return sendable || ArrayBuffer.isView(data)
    ? [data as BodyInit, ""]
    : [stringify(data), "application/json"];
}
