import { PaiError, PredictionError } from "../../../core/errors.ts";
import type { Clock } from "../../../core/clock.ts";
import { askedPause, type RetryPolicy, type RetryRule } from "../../../core/retry.ts";
import type { Outcome } from "./limit.ts";

/** Statuses by which a service asks for less: a rate limit, a full queue, no instance that is ready. */
const refusals: readonly unknown[] = [429, 450, 503];

/** What a refusal costs while the service answers others. */
const cheap = 0.1;

/** What an attempt that has failed says about the service. */
export function outcomeOf(error: unknown): Outcome {
  const status = error instanceof PredictionError ? error.status : undefined;
  if (refusals.includes(status)) return "refused";
  return status === undefined || status >= 500 ? "broken" : "answered";
}

/** Milliseconds until the next attempt, and whether that is what the service has asked for. */
export interface Pause {
  readonly ms: number;
  readonly isAsked: boolean;
}

/** The retries of one item. */
export class Retries {
  readonly #policy: RetryPolicy | false;
  readonly #clock: Clock;
  readonly #idempotent: boolean;
  #spent = 0;
  #doublings = 0;
  readonly #failures = new Map<number | undefined, number>();

  /** None are spent yet. */
  constructor(policy: RetryPolicy | false, clock: Clock, idempotent = false) {
    this.#policy = policy;
    this.#clock = clock;
    this.#idempotent = idempotent;
  }

  /**
   * How long until the item may be tried again; `undefined` when it may not. Connections that fail are not in
   * here: the predictor knows better whether anything was sent. A service that asks for a pause gets it, and a little
   * more, so that not all that it has refused come back at once; one that asks for more than the policy allows is left.
   *
   * @param others Whether the service has answered others during the attempt.
   */
  pause(error: unknown, others: boolean): Pause | undefined {
    const policy = this.#policy, rule = policy && ruleOf(error, policy);
    if (!policy || !rule || rule.idempotentOnly && !this.#idempotent) return undefined;
    const { status } = error as PaiError; // which has a rule
    const failures = (this.#failures.get(status) ?? 0) + 1;
    this.#failures.set(status, failures);
    if (failures > (rule.retries ?? Infinity)) return undefined;
    const isCheap = others && outcomeOf(error) === "refused";
    this.#spent += isCheap ? cheap : 1;
    if (this.#spent > policy.retries) return undefined;
    const longest = Math.min(policy.maxDelay, policy.baseDelay * 2 ** this.#doublings);
    if (!isCheap) this.#doublings++;
    const asked = error instanceof PredictionError && askedPause(error.retryAfter, this.#clock) || 0;
    if (asked > policy.maxDelay) return undefined;
    return { ms: asked + Math.random() * (asked ? policy.baseDelay : longest), isAsked: asked > 0 };
  }
}

function ruleOf(error: unknown, { statuses }: RetryPolicy): RetryRule | undefined {
  if (!(error instanceof PaiError) || error.status === undefined) return undefined;
  const isBrokenOff = error instanceof PredictionError && error.status < 300 && error.body === "";
  return isBrokenOff ? { idempotentOnly: true } : statuses[error.status];
}
