import { PaiError, PredictionError } from "../../../core/errors.ts";
import type { RetryPolicy, RetryRule } from "../../../core/retry.ts";
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

/** The retries of one item. */
export class Retries {
  readonly #policy: RetryPolicy | false;
  readonly #idempotent: boolean;
  #spent = 0;
  #doublings = 0;
  readonly #failures = new Map<number | undefined, number>();

  /** None are spent yet. */
  constructor(policy: RetryPolicy | false, idempotent = false) {
    this.#policy = policy;
    this.#idempotent = idempotent;
  }

  /**
   * Milliseconds until the item may be tried again; `undefined` when it may not. Connections that fail are not in
   * here: the predictor knows better whether anything was sent.
   *
   * @param others Whether the service has answered others during the attempt.
   */
  pause(error: unknown, others: boolean): number | undefined {
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
    return Math.random() * longest;
  }
}

function ruleOf(error: unknown, { statuses }: RetryPolicy): RetryRule | undefined {
  if (!(error instanceof PaiError) || error.status === undefined) return undefined;
  const isBrokenOff = error instanceof PredictionError && error.status < 300 && error.body === "";
  return isBrokenOff ? { idempotentOnly: true } : statuses[error.status];
}
