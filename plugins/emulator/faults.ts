/**
 * Lets things go wrong between a client and an emulator, or any other server: dropped connections, refusals, broken
 * and damaged bodies, each where a schedule says so.
 *
 * @example
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { slowDown, withFaults } from "@pai-edge/sdk/emulator/faults";
 * import { oss } from "@pai-edge/sdk/storage/oss";
 *
 * const cloud = emulator();
 * // The first request is refused, and the second one's connection breaks when it has had its effect.
 * const fetch = withFaults(cloud.fetch, ({ count }) => [slowDown, { kind: "drop", when: "after" } as const][count]);
 * const bucket = oss(createClient({ ...cloud, fetch }), { bucket: "emulator-bucket" });
 * await bucket.put("key", "content"); // the client has tried three times
 * ```
 *
 * @module
 */
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Fetch } from "../../core/fetch.ts";
import { byteAt, damaged, dropped, type Place } from "./fault-body.ts";
import { ossError } from "./oss-document.ts";
import { plainText } from "./plain-text.ts";
import { Refusal } from "./refusal.ts";

export type { Place };
export {
  badGateway,
  gatewayTimeout,
  noHealthyUpstream,
  queueFull,
  requestTimeout,
  serverError,
  storm,
  type StormOptions,
  throttle,
  type ThrottleOptions,
  tooManyRequests,
} from "./gateway-faults.ts";
export { randomFaults, type RandomFaultsOptions } from "./random-faults.ts";
export { requestedFaults } from "./requested-faults.ts";

/** What goes wrong with one request. */
export type Fault =
  /** The server answers with an error document of OSS: `when` it has done nothing yet, or all. */
  | { readonly kind: "refuse"; readonly status: number; readonly code: string; readonly when?: When }
  /** The server answers so, in plain text: `when` it has done nothing yet, or all. */
  | {
    readonly kind: "answer";
    readonly status: number;
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly when?: When;
  }
  /** The answer comes later by so many milliseconds. */
  | { readonly kind: "delay"; readonly ms: number }
  /** The connection breaks before the request is sent, or when it has had its effect. */
  | { readonly kind: "drop"; readonly when: When }
  /** The connection breaks when so many bytes of the request's body were sent. */
  | { readonly kind: "cut-request"; readonly at: Place }
  /** A bit of the request's body is another when it arrives. */
  | { readonly kind: "flip-request"; readonly at: Place }
  /** The connection breaks when so many bytes of the answer's body have come. */
  | { readonly kind: "cut"; readonly at: Place }
  /** The answer's body ends after so many bytes as if that were all, whatever its length was said to be. */
  | { readonly kind: "end"; readonly at: Place }
  /** The answer's body stops after so many bytes until the request's signal aborts. */
  | { readonly kind: "stall"; readonly at: Place }
  /** A bit of the answer's body is another. */
  | { readonly kind: "flip"; readonly at: Place }
  /** The answer tells another CRC-64 than the object has. */
  | { readonly kind: "wrong-crc" };

/** Before a request has its effect, or after. */
export type When = "before" | "after";

/** The request that a schedule decides about. */
export interface FaultyCall {
  /** Its address. */
  readonly url: URL;
  /** Its method. */
  readonly method: string;
  /** Its headers. */
  readonly headers: Headers;
  /** How many requests came before it. */
  readonly count: number;
}

/** Decides what goes wrong with a request, if anything. */
export type FaultSchedule = (call: FaultyCall) => Fault | undefined;

/** What OSS says when there are too many requests. */
export const slowDown: Fault = { kind: "refuse", status: 503, code: "SlowDown" };
/** What OSS says when it has failed itself. */
export const internalError: Fault = { kind: "refuse", status: 500, code: "InternalError" };
/** What OSS says when a temporary key is over. */
export const tokenExpired: Fault = { kind: "refuse", status: 403, code: "SecurityTokenExpired" };

/** Options of {@linkcode withFaults}. */
export interface FaultsOptions {
  /** What delays are waited for with. @default {systemClock} */
  clock?: Pick<Clock, "sleep">;
}

/** Puts faults in front of a `Fetch`. */
export function withFaults(
  fetch: Fetch,
  schedule: FaultSchedule,
  { clock = systemClock }: FaultsOptions = {},
): Fetch {
  let count = 0;
  return async (url, init) => {
    const { method = "GET", signal } = init;
    signal?.throwIfAborted();
    const headers = new Headers(init.headers);
    const call = { url: new URL(url), method, headers, count: count++ };
    const fault = schedule(call);
    if (!fault) return await fetch(url, init);
    switch (fault.kind) {
      case "drop":
        if (fault.when === "after") await spent(fetch(url, init));
        throw dropped();
      case "delay":
        await clock.sleep(fault.ms, signal);
        return await fetch(url, init);
      case "answer":
        if (fault.when === "after") await spent(fetch(url, init));
        return plainText(fault.status, fault.body ?? "", fault.headers);
      case "refuse":
        if (fault.when === "after") await spent(fetch(url, init));
        return refused(fault, call);
      case "cut-request":
        await spent(Promise.resolve(fetch(url, damagedRequest(init, fault))).catch(() => undefined));
        throw dropped();
      case "flip-request":
        return await fetch(url, damagedRequest(init, fault));
      case "wrong-crc":
        return withWrongCrc(await fetch(url, init));
      default:
        return damagedAnswer(await fetch(url, init), fault.kind, fault.at, signal);
    }
  };
}

/** Puts faults in front of what a server hands its requests to: `serve({ handle: faultyHandle(cloud.handle, …) })`. */
export function faultyHandle(
  handle: (request: Request) => Promise<Response>,
  schedule: FaultSchedule,
  options: FaultsOptions = {},
): (request: Request) => Promise<Response> {
  const faulty = withFaults((url, init) => handle(new Request(url, init)), schedule, options);
  return async ({ url, method, headers, body, signal }) => {
    const init: RequestInit & { duplex: "half" } = { method, headers, body, signal, duplex: "half" };
    return await faulty(url, init);
  };
}

/** A clock that can be set: put into an emulator it makes the server's time another than the client's. */
export function adjustableClock(clock: Clock): Clock & {
  /** Milliseconds by which it is ahead. */
  offset: number;
} {
  const adjustable: ReturnType<typeof adjustableClock> = {
    offset: 0,
    now: () => clock.now() + adjustable.offset,
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
  return adjustable;
}

/** Waits for an answer that nobody will see. */
async function spent(answer: Response | Promise<Response | undefined>): Promise<void> {
  await (await answer)?.body?.cancel();
}

function refused(
  { status, code }: Extract<Fault, { kind: "refuse" }>,
  { url, method, count }: FaultyCall,
): Response {
  const refusal = new Refusal({ status, code, message: "This was asked for by the schedule of faults." });
  const id = `FA${count.toString(16).toUpperCase().padStart(22, "0")}`;
  const answer = ossError(refusal, id, url.host, method === "HEAD");
  answer.headers.set("x-oss-request-id", id);
  return answer;
}

function damagedRequest(
  init: RequestInit,
  { kind, at }: Extract<Fault, { kind: `${string}-request` }>,
): RequestInit & { duplex: "half" } {
  const headers = new Headers(init.headers);
  const whole = new Response(init.body).body;
  const length = headers.get("content-length") ?? lengthOf(init.body);
  const place = byteAt(at, length === undefined ? undefined : Number(length));
  const body = whole && damaged(whole, kind === "cut-request" ? "cut" : "flip", place);
  return { ...init, headers, body, duplex: "half" };
}

function lengthOf(body: BodyInit | null | undefined): number | undefined {
  if (typeof body === "string") return new TextEncoder().encode(body).length;
  if (body instanceof Blob) return body.size;
  return body instanceof ArrayBuffer || ArrayBuffer.isView(body) ? body.byteLength : undefined;
}

function damagedAnswer(
  answer: Response,
  damage: "cut" | "end" | "stall" | "flip",
  place: Place,
  signal: AbortSignal | null | undefined,
): Response {
  if (!answer.body) return answer;
  const length = answer.headers.get("content-length");
  const at = byteAt(place, length === null ? undefined : Number(length));
  return new Response(damaged(answer.body, damage, at, signal), answer);
}

function withWrongCrc(answer: Response): Response {
  const name = "x-oss-hash-crc64ecma";
  const crc = answer.headers.get(name);
  const changed = new Response(answer.body, answer);
  if (crc !== null) changed.headers.set(name, String(BigInt(crc) ^ 1n));
  return changed;
}
