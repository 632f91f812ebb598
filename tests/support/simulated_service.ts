import type { Clock } from "../../core/clock.ts";
import { PredictionError } from "../../core/errors.ts";
import type { PredictOptions } from "../../core/predictor.ts";

/** A service in simulated time, in the shape of a predictor; it answers with its input. */
export interface SimulatedService {
  predict(input: number, options?: PredictOptions): Promise<number>;
  /** Requests so far. */
  requests: number;
  /** Requests at present, and the most at once so far. */
  inFlight: number;
  peak: number;
}

/** What a request goes through: it takes its time, and throws when it is refused. */
export type Conduct = (inFlight: number, signal: AbortSignal | undefined) => Promise<void>;

/** Makes a service of what its requests go through. */
export function service(conduct: Conduct): SimulatedService {
  return {
    requests: 0,
    inFlight: 0,
    peak: 0,
    async predict(input, { signal } = {}) {
      this.requests++;
      this.peak = Math.max(this.peak, ++this.inFlight);
      try {
        await conduct(this.inFlight, signal);
        return input;
      } finally {
        this.inFlight--;
      }
    },
  };
}

/** The error of a status. */
export function status(status: number): PredictionError {
  return new PredictionError(`Cannot predict: status is ${status}`, { status, retryable: true });
}

/** Instances that compute one request at a time, behind one queue: 450 when it is full. */
export function workers(clock: Clock, count: () => number, time: () => number, queue = Infinity): Conduct {
  let busy = 0;
  const waiting: (() => void)[] = [];
  return async (_, signal) => {
    if (busy >= count()) {
      if (waiting.length >= queue) {
        await clock.sleep(1, signal);
        throw status(450);
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else busy++;
    try {
      await clock.sleep(time(), signal);
    } finally {
      if (waiting.length && busy <= count()) waiting.shift()!();
      else busy--;
      while (waiting.length && busy < count()) {
        busy++;
        waiting.shift()!();
      }
    }
  };
}

/** A gateway that lets so many requests a second pass: 429 for the others. */
export function rateLimited(clock: Clock, perSecond: number, time: () => number): Conduct {
  const burst = perSecond / 10;
  let tokens = burst, at = clock.now();
  return async (_, signal) => {
    tokens = Math.min(burst, tokens + (clock.now() - at) * perSecond / 1000);
    at = clock.now();
    if (tokens < 1) {
      await clock.sleep(1, signal);
      throw status(429);
    }
    tokens--;
    await clock.sleep(time(), signal);
  };
}

/** A service whose requests hinder each other, so that it does less when it has too many. */
export function crowded(clock: Clock, time: () => number, queueing: number, thrashing: number): Conduct {
  return (inFlight, signal) => {
    const others = inFlight - 1;
    return clock.sleep(time() * (1 + queueing * others + thrashing * inFlight * others), signal);
  };
}
