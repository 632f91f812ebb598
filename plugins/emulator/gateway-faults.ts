import { type Clock, systemClock } from "../../core/clock.ts";
import type { Fault, FaultSchedule } from "./faults.ts";

/** An answer of the inference gateway. */
function says(status: number, body: string, headers?: Readonly<Record<string, string>>): Fault {
  return { kind: "answer", status, body, headers };
}

/** What the inference gateway says when no instance of a service is ready. */
export const noHealthyUpstream: Fault = says(503, "no healthy upstream");
/** What an instance says when too many requests wait in it already. */
export const queueFull: Fault = says(450, "the queue of the instance is full");
/** What an instance says of a request that took too long; it then closes the connection. */
export const requestTimeout: Fault = says(408, "the request took too long", { connection: "close" });
/** What a service says when it has failed. */
export const serverError: Fault = says(500, "the service failed");
/** What the inference gateway says when an instance went away in the middle of a request. */
export const badGateway: Fault = says(
  502,
  "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
);
/** What the inference gateway says when an instance took too long. */
export const gatewayTimeout: Fault = says(504, "upstream request timeout");

/** What the inference gateway says when there are too many requests, with or without when to come again, in seconds. */
export function tooManyRequests(retryAfter?: number): Fault {
  return says(
    429,
    "too many requests",
    retryAfter === undefined ? undefined : { "retry-after": `${retryAfter}` },
  );
}

/** Options of {@linkcode storm}. */
export interface StormOptions {
  /** How many requests pass before it. @default {0} */
  after?: number;
  /** How many it hits. @default {Infinity} */
  length?: number;
}

/** A fault, or several in turn, that hits so many requests one after the other: `storm(noHealthyUpstream, { length: 20 })`. */
export function storm(
  fault: Fault | readonly Fault[],
  { after = 0, length = Infinity }: StormOptions = {},
): FaultSchedule {
  const faults = [fault].flat();
  return ({ count }) =>
    count >= after && count < after + length ? faults[(count - after) % faults.length] : undefined;
}

/** Options of {@linkcode throttle}. */
export interface ThrottleOptions {
  /** What is said to one request too many. @default {`tooManyRequests()`, which doesn't tell when to come again} */
  fault?: Fault;
  /** What tells one second from the next. @default {systemClock} */
  clock?: Pick<Clock, "now">;
}

/** Lets so many requests a second pass, and refuses the others: `throttle(500, { fault: tooManyRequests(1) })`. */
export function throttle(
  perSecond: number,
  { fault = tooManyRequests(), clock = systemClock }: ThrottleOptions = {},
): FaultSchedule {
  let second = -1, passed = 0;
  return () => {
    const now = Math.floor(clock.now() / 1000);
    if (now !== second) [second, passed] = [now, 0];
    if (passed >= perSecond) return fault;
    passed++;
  };
}
