import type { Predictor, PredictorOptions } from "../../core/predictor.ts";
import type { CorsOptions } from "./cors.ts";

/** What a gateway needs of a {@linkcode Predictor}. */
export type RawPredictor = Pick<Predictor, "rawPredict">;

/**
 * The service behind a gateway: a predictor, options for one, or a function that gives one for a request. The function
 * is for runtimes that hand over their configuration with each request; let it make one predictor and keep it, since
 * calls of one predictor share their retry budget.
 *
 * @typeParam Env What the runtime hands over: `env` of a Cloudflare worker, the context of Hono.
 */
export type GatewayTarget<Env = unknown> =
  | RawPredictor
  | PredictorOptions
  | ((env: Env, request: Request) => RawPredictor);

/** What a gateway lets through. */
export interface GatewayOptions<Env = unknown> {
  /**
   * Path below the service's address that is called, whatever the request's own is; or a function of the request, which
   * gives `undefined` for what there is not. See `below()`. @default {""}
   */
  path?: string | ((request: Request) => string | undefined);
  /** Methods that are passed on; others are answered with 405. @default {["POST"]} */
  methods?: readonly string[];
  /** Lets a request through by giving nothing, or refuses it with a response. @default {all are let through} */
  authorize?: (request: Request, env: Env) => Response | void | Promise<Response | void>;
  /** Longest body of a request in bytes; longer ones are answered with 413. @default {10485760} */
  maxBodyBytes?: number;
  /**
   * Longest body in bytes that is read before it is sent on, so that it has a length and can be sent again. Longer ones
   * and those that don't tell their length are streamed, which some servers refuse. @default {1048576}
   */
  bufferBytes?: number;
  /**
   * Calls at a time; more are answered with 503 at once, since a call that waits at the edge holds its caller's
   * connection for nothing. Counted in each isolate or process. @default {64} as many as an instance of a service queues
   */
  concurrency?: number;
  /** Longest time in milliseconds until the service answers, with the request's body and retries. @default {60000} */
  timeout?: number;
  /** Longest silence in milliseconds in the middle of an answer. @default {60000} */
  idleTimeout?: number;
  /**
   * Silence in milliseconds after which a stream of events gets a comment, which its readers ignore: a runtime such as
   * workerd hears only of what it writes that the caller has gone, and so ends the request to the service. `Infinity` for
   * no comments. @default {5000}
   */
  heartbeat?: number;
  /** Longest time of a whole exchange in milliseconds. @default {600000} as the gateways of EAS have it */
  totalTimeout?: number;
  /** More headers of a request that the service gets, besides `accept`, `content-encoding` and `content-type`. */
  requestHeaders?: readonly string[];
  /**
   * More headers of an answer that the caller gets, besides `cache-control`, `content-disposition`, `content-language`,
   * `content-type` and `x-request-id`.
   */
  responseHeaders?: readonly string[];
  /** Pages of which other origins may call. @default {none is told that it may} */
  cors?: CorsOptions;
  /** Hears why a call failed: callers get to know just what concerns them. @default {nobody does} */
  onError?: (error: unknown, request: Request, env: Env) => void;
}

/** The options with their defaults. */
export type Settings = Required<Omit<GatewayOptions, "authorize" | "cors" | "onError">>;

/** About the longest time that timers can wait, since they count milliseconds in 32 bits: 23 days. */
const longest = 2e9;

/** @throws {RangeError} when a bound is none. */
export function settingsOf(options: Omit<GatewayOptions, "authorize" | "onError">): Settings {
  const settings = {
    path: options.path ?? "",
    methods: options.methods ?? ["POST"],
    maxBodyBytes: options.maxBodyBytes ?? 10 * 1024 * 1024,
    bufferBytes: options.bufferBytes ?? 1024 * 1024,
    concurrency: options.concurrency ?? 64,
    timeout: Math.min(options.timeout ?? 60_000, longest),
    idleTimeout: Math.min(options.idleTimeout ?? 60_000, longest),
    heartbeat: options.heartbeat ?? 5_000,
    totalTimeout: options.totalTimeout ?? 600_000,
    requestHeaders: ["accept", "content-encoding", "content-type", ...options.requestHeaders ?? []],
    responseHeaders: [
      ...["cache-control", "content-disposition", "content-language", "content-type", "x-request-id"],
      ...options.responseHeaders ?? [],
    ],
  };
  const bounds = [
    "maxBodyBytes",
    "concurrency",
    "timeout",
    "idleTimeout",
    "heartbeat",
    "totalTimeout",
  ] as const;
  for (const name of bounds) {
    if (!(settings[name] > 0)) throw new RangeError(`Cannot make a gateway: ${name} is ${settings[name]}`);
  }
  return settings;
}
