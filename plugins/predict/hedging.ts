/**
 * Asks a second time when an answer is late, and takes the one that comes first: for services whose slowest answers
 * are much slower than most.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 * import { withHedging } from "@pai-edge/sdk/predict/hedging";
 *
 * // The first instance of this one is stuck; in earnest this is `fetch`.
 * let requests = 0;
 * const service = () => requests++ ? Response.json("quick") : new Promise<Response>(() => {});
 *
 * const predictor = new Predictor({ endpoint: "http://localhost", fetch: withHedging(service, { after: 50 }) });
 * console.log(await predictor.predict(1)); // quick
 * ```
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Fetch } from "../../core/fetch.ts";
import { Latencies } from "./hedging/latencies.ts";
import { Leg } from "./hedging/leg.ts";

/** Options of {@linkcode withHedging}. */
export interface HedgingOptions {
  /**
   * Milliseconds without an answer's headers, after which the second request is sent. Default: what 95 of the last 100
   * answers took less than, as soon as there were 20.
   */
  after?: number;
  /** Most second requests, as a share of all calls. @default {0.1} */
  share?: number;
  /** Measures and waits. @default {systemClock} */
  clock?: Clock;
}

/** Second requests that may be saved up for a bad moment. */
const mostSaved = 10;

/**
 * A fetch that hedges. Only for services whose calls may run twice: the second request is sent while the first may be
 * computed. The loser is aborted, also when it has answered that it is busy or broken while the other one was still
 * asked; a body that is a stream is sent once.
 *
 * Second requests are few even when a service is slow as a whole: that they are at most a tenth of the calls keeps them
 * from making it slower.
 *
 * @throws {RangeError} when an option is not above zero, or the share is above one.
 */
export function withHedging(fetch: Fetch, options: HedgingOptions = {}): Fetch {
  const { after, share = 0.1, clock = systemClock } = options;
  if (after !== undefined && !(after > 0)) throw new RangeError(`Cannot hedge: after is ${after}`);
  if (!(share > 0 && share <= 1)) throw new RangeError(`Cannot hedge: share is ${share}`);
  const latencies = new Latencies();
  let saved = 1;

  return async (url, init) => {
    saved = Math.min(mostSaved, saved + share);
    const send = (): Leg => new Leg(fetch, url, init, clock, latencies);
    const patience = init.body instanceof ReadableStream ? undefined : after ?? latencies.slow();
    const legs = [send()];
    if (patience !== undefined && await isLate(legs[0]!, patience, clock) && saved >= 1) {
      saved--;
      legs.push(send());
    }
    const winner = await best(legs);
    for (const leg of legs) if (leg !== winner) leg.abort();
    return winner.result();
  };
}

/** Waits for an answer; whether it has not come when that is over. Leaves no timer behind. */
async function isLate(leg: Leg, patience: number, clock: Clock): Promise<boolean> {
  const answered = new AbortController();
  const late = clock.sleep(patience, answered.signal).then(() => true, () => false);
  const wasLate = await Promise.race([leg.ended.then(() => false), late]);
  answered.abort();
  return wasLate;
}

/** The first that has a good answer, else the first that has one at all, else the first. */
async function best(legs: readonly Leg[]): Promise<Leg> {
  const running = new Set(legs);
  while (running.size) {
    const leg = await Promise.race([...running].map(({ ended }) => ended));
    if (leg.isGood) return leg;
    running.delete(leg);
  }
  return legs.find(({ response }) => response) ?? legs[0]!;
}
