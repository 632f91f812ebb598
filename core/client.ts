import type { Identity } from "./acs3.ts";
import { apiError, type Attempt } from "./api-error.ts";
import { type ApiCall, signRequest } from "./api-request.ts";
import { type Clock, systemClock } from "./clock.ts";
import {
  type BearerToken,
  type Credentials,
  type CredentialsOptions,
  type CredentialsProvider,
  fromEnv,
  staticCredentials,
} from "./credentials.ts";
import { describeService, predictorFor, type PredictorForOptions } from "./eas-service.ts";
import { endpointOf, type Network, products } from "./endpoints.ts";
import { CredentialsError } from "./errors.ts";
import { type Fetch, globalFetch } from "./fetch.ts";
import type { Predictor } from "./predictor.ts";
import { apiRetry, withRetry } from "./retry.ts";
import type { Serializer } from "./serializer.ts";
import { bounded } from "./timeout.ts";
import { VERSION } from "./version.ts";

/** Options of {@linkcode createClient}. */
export interface ClientOptions {
  /** Region, such as `cn-hangzhou`. */
  region: string;
  /** Who calls. A provider is asked for each request; wrap a slow one in `memoize`. @default {fromEnv()} */
  credentials?: Credentials | BearerToken | "anonymous" | CredentialsProvider;
  /** PAI workspace that new services belong to. */
  workspaceId?: string;
  /** Whether to use the endpoints of the internet or those inside a VPC, for all products at once. @default {"public"} */
  network?: Network;
  /** Other endpoints by product (`eas`, `oss`, …): a host, or an address such as `http://127.0.0.1:8080`. */
  endpoints?: Readonly<Record<string, string>>;
  /** Sends the requests. @default {globalThis.fetch} */
  fetch?: Fetch;
  /** Tells the time that signatures carry, and waits between retries. @default {systemClock} */
  clock?: Clock;
  /** Formats for services whose configuration they match; JSON for the rest. */
  serializers?: readonly Serializer[];
}

/** Options of {@linkcode Client.call}. */
export interface CallOptions {
  /** Product that owns the action: `eas`, `aiworkspace`, `sts`, or any other together with its `version`. @default {"eas"} */
  product?: string;
  /** Version of the product's API, such as `2021-07-01`. */
  version?: string;
  /** HTTP method. @default {"GET" for an action with a path, "POST" for one of the RPC style} */
  method?: string;
  /** Percent-encoded path, such as `/api/v2/services`; actions of the RPC style have none. */
  path?: string;
  /** Query parameters; objects are written as JSON, `undefined` ones not at all. See `flatten` for the RPC style. */
  query?: Readonly<Record<string, unknown>>;
  /** Body: bytes or text as they are, anything else as JSON. See `form` for the RPC style. */
  body?: unknown;
  /** More headers. */
  headers?: Readonly<Record<string, string>>;
  /** Calls without credentials, for the few actions that want none. @default {false} */
  anonymous?: boolean;
  /** Cancels the call. */
  signal?: AbortSignal;
  /** Longest time in milliseconds, retries included. @default {60000} */
  timeout?: number;
}

/** Calls the control plane for one region. Everything that talks to it is made from a client. */
export interface Client {
  /** Region. */
  readonly region: string;
  /** Workspace that new services belong to. */
  readonly workspaceId: string | undefined;
  /** Network that the endpoints belong to. */
  readonly network: Network;
  /** The client's credentials, for plugins that sign by themselves. */
  readonly credentials: CredentialsProvider;
  /** Sends the requests. */
  readonly fetch: Fetch;
  /** The client's clock. */
  readonly clock: Clock;
  /** Formats of services. */
  readonly serializers: readonly Serializer[];
  /** Scheme and host of a product. */
  endpoint(product: string): string;
  /**
   * Calls any API action: the way to what has no function of its own yet.
   *
   * @throws {TypeError} when the call can't be written.
   * @throws {ApiError} when the API refuses.
   * @throws {PaiError} with the code `NetworkError` when there is no answer.
   * @throws {TimeoutError} when the call takes longer than its `timeout`.
   */
  call<T = Record<string, unknown>>(action: string, options?: CallOptions): Promise<T>;
  /** A client of a service that exists, with the endpoint, token and format that the control plane tells. */
  predictor<Input = unknown, Output = unknown>(
    serviceName: string,
    options?: PredictorForOptions<Input, Output>,
  ): Promise<Predictor<Input, Output>>;
}

/**
 * Makes a client. Nothing is sent, and no environment variable read, before the first call.
 *
 * @throws {TypeError} when the region is missing, or an option can't be used.
 */
export function createClient(options: ClientOptions): Client {
  const { region, network = "public", endpoints = {}, fetch = globalFetch, clock = systemClock } = options;
  if (!/^[a-z][a-z0-9-]*$/.test(region ?? "")) {
    throw new TypeError(`Cannot create a client: region is ${region}, not like cn-hangzhou`);
  }
  const hostOf = endpointOf(region, network, endpoints);
  const identify = identifier(options.credentials ?? fromEnv());

  const client: Client = {
    region,
    network,
    workspaceId: options.workspaceId,
    fetch,
    clock,
    serializers: options.serializers ?? [],
    endpoint: hostOf,
    async credentials(options) {
      const identity = await identify(options);
      if (identity !== "anonymous" && "accessKeyId" in identity) return identity;
      throw new CredentialsError("Cannot sign: no access key");
    },
    async call<T>(action: string, { signal, timeout = 60_000, ...options }: CallOptions = {}): Promise<T> {
      const { anonymous, product = "eas" } = options;
      const origin = hostOf(product);
      const call = completeCall(action, products[product]?.version, options);
      const what = `Cannot call ${action}`;
      signRequest(origin, call, "anonymous", 0, ""); // refuses what can't be sent, before credentials are asked for
      return await bounded(what, timeout, signal, async (signal) => {
        let last: Attempt | undefined;
        const attempt: Fetch = async () => {
          const identity = anonymous ? "anonymous" : await identify({ signal });
          const time = clock.now();
          const { url, init, signed } = signRequest(origin, call, identity, time, crypto.randomUUID());
          const response = await fetch(url, { ...init, signal });
          last = { time, signed, response, text: await response.text() };
          return forRetry(last);
        };
        const { ok } = await withRetry(attempt, apiRetry, { clock, what })(origin, {
          method: call.method,
          signal,
        });
        try {
          if (ok) return JSON.parse(last!.text || "{}"); // set by every attempt that returns
        } catch {
          // the parser's error would quote the answer, secrets included
        }
        throw apiError(action, last!);
      });
    },
    async predictor<I, O>(name: string, options?: PredictorForOptions<I, O>) {
      return predictorFor(client, await describeService(client, name, options), options);
    },
  };
  return client;
}

function identifier(
  credentials: NonNullable<ClientOptions["credentials"]>,
): (options?: CredentialsOptions) => Promise<Identity> {
  if (typeof credentials === "function") return credentials;
  if (credentials === "anonymous" || "bearerToken" in credentials) return () => Promise.resolve(credentials);
  return staticCredentials(credentials);
}

function completeCall(action: string, knownVersion: string | undefined, options: CallOptions): ApiCall {
  const { path = "/", version = knownVersion, query = {}, body, headers = {} } = options;
  if (!version) {
    throw new TypeError(`Cannot call ${action}: give its version`);
  }
  const method = (options.method ?? (path === "/" ? "POST" : "GET")).toUpperCase();
  const named = new Headers({ "user-agent": `pai-edge-sdk/${VERSION}`, ...headers });
  return { action, version, method, path, query, body, headers: Object.fromEntries(named) };
}

/**
 * An answer as the retry policy reads it. The vendor tells throttling by the code in the body, under the status 400,
 * 429 or 503, and counts the pause that it asks for in milliseconds.
 */
function forRetry({ response: { ok, status, headers }, text }: Attempt): Response {
  const pause = Number(headers.get("x-acs-retry-after")) / 1000;
  return new Response(null, {
    status: !ok && text.includes("Throttling") ? 429 : status,
    headers: pause ? { "retry-after": `${pause}` } : headers,
  });
}
