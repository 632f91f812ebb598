import { type Clock, systemClock } from "./clock.ts";
import { PaiError } from "./errors.ts";
import type { Fetch } from "./fetch.ts";

/** When a status is retried. */
export interface RetryRule {
  /** Retries for this status, when fewer than the policy's. */
  retries?: number;
  /** Only for calls that may run twice. @default {false} */
  idempotentOnly?: boolean;
}

/** What is retried, how often and how long apart. Data, so that it can be printed, compared and changed in part. */
export interface RetryPolicy {
  /** Retries after the first attempt. */
  readonly retries: number;
  /** Upper bound of the first pause in milliseconds; it doubles with each retry. The pause is random below it. */
  readonly baseDelay: number;
  /** Upper bound of any pause in milliseconds; a server that asks for a longer one is not retried. */
  readonly maxDelay: number;
  /** Rules by HTTP status; a status without a rule is not retried. */
  readonly statuses: { readonly [status: number]: RetryRule };
  /**
   * Retries that all calls of a client may have taken together, so that they don't double the load of a service that
   * is down. One comes back each second, and one with every ten answers that need no retry. @default {Infinity}
   */
  readonly budget?: number;
}

/** Takes so many retries, or gives them back when they are negative; tells whether there were as many. */
export type RetryBudget = (retries: number) => boolean;

/**
 * Calls of a deployed service. 429 is a rate limit, 450 a full queue (another instance may have room), 502 and 503
 * a gateway without a ready instance. 408 and 504 mean that a limit of the service or the gateway passed, perhaps while
 * the request was computed.
 *
 * Source: status codes of EAS services, https://help.aliyun.com/document_detail/449809.html.
 */
export const predictRetry: RetryPolicy = {
  retries: 2,
  baseDelay: 250,
  maxDelay: 20_000,
  budget: 10,
  statuses: {
    408: { idempotentOnly: true },
    429: {},
    450: {},
    500: { retries: 1 },
    502: {},
    503: {},
    504: { idempotentOnly: true },
  },
};

/** Calls of the control plane and of object storage. What may have happened already is repeated only if it may run twice. */
export const apiRetry: RetryPolicy = {
  retries: 3,
  baseDelay: 200,
  maxDelay: 20_000,
  statuses: {
    429: {},
    500: { idempotentOnly: true },
    502: { idempotentOnly: true },
    503: { idempotentOnly: true },
    504: { idempotentOnly: true },
  },
};

/** Options of {@linkcode withRetry}. */
export interface RetryOptions {
  /** Whether a call may run twice. Default: GET, HEAD, PUT and DELETE may. */
  idempotent?: boolean;
  /** Waits between attempts. @default {systemClock} */
  clock?: Clock;
  /** Retries that calls share, as {@linkcode retryBudget} makes them. @default {without a bound} */
  budget?: RetryBudget;
  /** Beginning of the message of the error that tells of no answer. @default {"Cannot fetch"} */
  what?: string;
}

/**
 * Retries as a policy says. Each attempt calls the inner function anew, so what must be fresh for each attempt
 * (signature, date, authorization) is made there. A stream can be sent only once and is never retried; a failed
 * connection is retried where nothing can have reached the server, or where the call may run twice.
 *
 * @throws {PaiError} with the code `NetworkError` when there is no answer; the runtime's own error is its `cause`.
 */
export function withRetry(
  fetch: Fetch,
  policy: RetryPolicy,
  { idempotent, clock = systemClock, what = "Cannot fetch", budget = () => true }: RetryOptions = {},
): Fetch {
  return async (url, init) => {
    const repeatable = idempotent ?? /^(GET|HEAD|PUT|DELETE)$/i.test(init.method ?? "GET");
    const retries = init.body instanceof ReadableStream ? 0 : policy.retries;
    for (let retry = 0;; retry++) {
      init.signal?.throwIfAborted();
      let pause = Math.random() * Math.min(policy.maxDelay, policy.baseDelay * 2 ** retry);
      try {
        const response = await fetch(url, init);
        const rule = policy.statuses[response.status];
        if (!rule) budget(-0.1);
        if (
          !rule || retry >= Math.min(retries, rule.retries ?? retries) || rule.idempotentOnly && !repeatable
        ) return response;
        pause = askedPause(response.headers.get("retry-after"), clock) || pause;
        if (pause > policy.maxDelay || !budget(1)) return response;
        response.body?.cancel().catch(() => {}); // on Node that of a cloned body never ends
      } catch (error) {
        if (init.signal?.aborted || !isBroken(error)) throw error;
        if (
          retry >= retries || !(repeatable || wasNeverSent(error)) || !budget(1)
        ) {
          throw new PaiError(`${what}: no answer`, { code: "NetworkError", cause: error });
        }
      }
      await clock.sleep(pause, init.signal);
    }
  };
}

/** Milliseconds that a `Retry-After` asks to wait, in seconds or until a date; not a positive number when it does not. */
export function askedPause(asked: string | null | undefined, clock: Clock): number {
  return Math.max(0, +asked! * 1000 || Date.parse(asked!) - clock.now()); // NaN for what is neither
}

/** What calls share that have so many retries together: see {@linkcode RetryPolicy.budget}. */
export function retryBudget(all = Infinity, clock: Clock = systemClock): RetryBudget {
  let spent = 0, counted = 0;
  return (retries) => {
    const now = clock.now(), owed = Math.max(0, spent - (now - counted) / 1000) + retries;
    if (owed > all) return false;
    spent = owed;
    counted = now;
    return true;
  };
}

/** What runtimes throw when a connection fails: more than `unknown`, as each has its own way. */
export interface Failure {
  code?: unknown;
  cause?: { code?: unknown };
  retryable?: boolean;
}

/**
 * Whether a connection failed: a TypeError (Deno, Node, browsers), an error with a code (Bun), or one that calls itself
 * retryable (workerd).
 */
export function isBroken(error: unknown): error is Failure {
  const { code, retryable } = error as Failure; // nobody throws null
  return !(error instanceof PaiError) &&
    (error instanceof TypeError || retryable || typeof code === "string");
}

// Failures of name lookup and connection, as the runtimes word them; workerd doesn't tell them from others.
const beforeSending = /refused|ENOTFOUND|EAI_AGAIN|UNREACH|CONNECT_TIMEOUT|\(Connect\)/i;

/** Whether it failed before anything could reach the server. */
export function wasNeverSent({ code, cause }: Failure): boolean {
  return beforeSending.test(`${code} ${cause?.code} ${cause}`.replace(/http\S+/g, "")); // Deno quotes the address
}
