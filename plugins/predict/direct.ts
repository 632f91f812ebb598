/**
 * Calls the instances of a service without the gateway, from inside its VPC: they are discovered, take turns by their
 * weight, and are left alone for a while when they fail.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 * import { direct } from "@pai-edge/sdk/predict/direct";
 *
 * // A stand-in for a VPC; with `direct(fetch)` the real one is called.
 * const items = [{ ip: "172.16.0.5", port: 50000, weight: 100 }, { ip: "172.16.0.6", port: 50000, weight: 100 }];
 * const vpc = (url: string) => Response.json(url.includes("/upstreams/") ? { endpoints: { items } } : new URL(url).host);
 *
 * const predictor = new Predictor({
 *   endpoint: "1234567890123456.vpc.cn-hangzhou.pai-eas.aliyuncs.com",
 *   serviceName: "iris",
 *   token: "the token of the service",
 *   fetch: direct(vpc),
 * });
 * console.log(await predictor.predict(1), await predictor.predict(1)); // 172.16.0.5:50000 172.16.0.6:50000
 * ```
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";
import { type Fetch, globalFetch } from "../../core/fetch.ts";
import { isBroken, wasNeverSent } from "../../core/retry.ts";
import { Discovery } from "./direct/discovery.ts";

/** Options of {@linkcode direct}. */
export interface DirectOptions {
  /** Address of discovery, such as `http://pai-eas-vpc.cn-hangzhou.aliyuncs.com`. @default {that of the endpoint} */
  discovery?: string | URL;
  /** Whether the caller runs in a service of EAS itself, whose network sees other addresses. @default {false} */
  internal?: boolean;
  /** Tells when lists of instances are old. @default {systemClock} */
  clock?: Clock;
}

/**
 * A fetch for predictors inside a VPC whose services are reached directly. The endpoint of the predictor is the VPC's
 * own, with the name of the service; headers, path and query go to an instance as they are, and so the same
 * authorization is good for it.
 *
 * Instances are asked for with the first call and, while calls go on, again every 5 seconds, without a timer. Only a
 * list that is not empty takes another one's place. An instance that breaks a connection or answers 502 or 503 is left
 * alone for 5 seconds, and for twice as long each time it does so again, up to a minute; when all are, they are asked
 * all the same. A connection that is refused is tried with each other instance; whatever else fails is for the
 * predictor's own retries, which come to another instance, too.
 *
 * A call rejects with a {@linkcode PaiError} of the code `NoInstances` when none is known.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/call-a-service-over-the-vpc-direct-connection-channel.
 */
export function direct(fetch: Fetch = globalFetch, options: DirectOptions = {}): Fetch {
  const { discovery, internal = false, clock = systemClock } = options;
  const search = internal ? "?internal=true" : "";
  const services = new Map<string, Discovery>();

  return async (url, init) => {
    const { origin, pathname } = new URL(url);
    const name = /^\/api\/predict\/([^/]+)/.exec(pathname)?.[1];
    if (!name) {
      throw new RangeError(`Cannot call "${origin}${pathname}" directly: it is no /api/predict/<service>`);
    }
    const asked = discovery ? new URL(discovery).origin : origin;
    let service = services.get(`${asked} ${name}`);
    if (!service) {
      service = new Discovery(name, { fetch, clock, origin: asked, search });
      services.set(`${asked} ${name}`, service);
    }
    await service.ready();
    return await callInstance(fetch, service, clock, url.slice(origin.length), init);
  };
}

/** Asks one instance after the other until one can be connected to. */
async function callInstance(
  fetch: Fetch,
  service: Discovery,
  clock: Clock,
  path: string,
  init: RequestInit,
): Promise<Response> {
  const { instances } = service;
  const refused = new Map<string, unknown>();
  for (;;) {
    init.signal?.throwIfAborted();
    const address = instances.pick(clock.now(), new Set(refused.keys()));
    if (!address) throw allRefused(refused);
    let isWell = false;
    try {
      const response = await fetch(`http://${address}${path}`, init);
      isWell = response.status !== 502 && response.status !== 503;
      if (isWell) instances.succeed(address);
      return response;
    } catch (error) {
      isWell = init.signal?.aborted || !isBroken(error);
      const isResent = !isWell && !(init.body instanceof ReadableStream) && wasNeverSent(error as object);
      if (!isResent) throw error;
      refused.set(address, error);
    } finally {
      if (!isWell) {
        instances.fail(address, clock.now());
        service.doubt();
      }
    }
  }
}

/** Looks like a refused connection, which may be tried again after a pause. */
function allRefused(refused: Map<string, unknown>): Error {
  const tried = [...refused.keys()].join(", ");
  const message = `no instance can be connected to, of ${refused.size} that were tried: ${tried}`;
  return Object.assign(new TypeError(message, { cause: [...refused.values()].at(-1) }), {
    code: "ECONNREFUSED",
  });
}
