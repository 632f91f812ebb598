import { globalFetch } from "../../core/fetch.ts";
import { Predictor } from "../../core/predictor.ts";
import { withHedging } from "../../plugins/predict/hedging.ts";
import { renewToken } from "../../plugins/predict/renewing-auth.ts";

/** Addresses of a service that does one thing; see `faultyService()`. */
export interface Addresses {
  at(act: "silent" | "stalled" | "later"): string;
  readonly unreachable: string;
}

/** Where a call can be when it is aborted. */
export interface Stage {
  /** What waits there. */
  predictor(service: Addresses): Predictor;
  /** Requests that have been sent by then. */
  requests: number;
}

const of = (endpoint: string): Predictor => new Predictor({ endpoint });

/** Every stage of a call, by when it is. */
export const abortStages: Readonly<Record<string, Stage>> = {
  "before anything is sent": { predictor: ({ at }) => of(at("silent")), requests: 0 },
  "while it connects": { predictor: ({ unreachable }) => of(unreachable), requests: 0 },
  "before the headers": { predictor: ({ at }) => of(at("silent")), requests: 1 },
  "between two chunks": { predictor: ({ at }) => of(at("stalled")), requests: 1 },
  "in the pause before another attempt": { predictor: ({ at }) => of(at("later")), requests: 1 },
  "while its token is got": {
    predictor: ({ at }) =>
      new Predictor({ endpoint: at("silent"), auth: renewToken(() => new Promise(() => {})) }),
    requests: 0,
  },
  "while it is hedged": {
    predictor: ({ at }) =>
      new Predictor({ endpoint: at("silent"), fetch: withHedging(globalFetch, { after: 20, share: 1 }) }),
    requests: 2,
  },
};
