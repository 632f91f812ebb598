/**
 * Two more clocks beside a predictor's `timeout`: how long a service may think, and how long it may pause.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 * import { predictWithin, withTimeouts } from "@pai-edge/sdk/predict/timeouts";
 *
 * const service = () => new Promise<Response>(() => {}); // which never answers; in earnest this is `fetch`
 * const predictor = new Predictor({
 *   endpoint: "http://localhost/api/predict/iris",
 *   timeout: Infinity, // a stream may last
 *   fetch: withTimeouts(service, { headers: 50, idle: 10_000 }),
 * });
 * await predictor.predict(1).catch((error) => console.log(error.name)); // HeadersTimeoutError
 *
 * // Or of one call, whatever its predictor has:
 * const plain = new Predictor({ endpoint: "http://localhost/api/predict/iris", fetch: service });
 * await predictWithin(plain, 1, { headersTimeout: 50 }).catch((error) => console.log(error.name)); // the same
 * ```
 *
 * @module
 */
export { HeadersTimeoutError, IdleTimeoutError } from "./timeouts/errors.ts";
export { type TimeoutsOptions, withTimeouts } from "./timeouts/with-timeouts.ts";
export {
  type CallClocks,
  predictWithin,
  type PredictWithinOptions,
  rawPredictWithin,
} from "./timeouts/within.ts";
