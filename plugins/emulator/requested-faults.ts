import type { Fault, FaultSchedule } from "./faults.ts";

/** The header of a request that wishes to go wrong. */
const header = "x-emulator-fault";

/**
 * Faults that requests ask for themselves, by the header `X-Emulator-Fault`, so that clients in any language can be tried:
 *
 * | its value | what happens |
 * | --- | --- |
 * | `503` | the status is the answer |
 * | `429 retry-after=2` | as well, and when to come again |
 * | `delay=500` | the answer comes so many milliseconds later |
 * | `drop=before`, `drop=after` | the connection breaks, before the request has its effect or after |
 * | `cut=10`, `end=10`, `stall=10`, `flip=10` | it breaks, ends or stalls after so many bytes of the answer, or one bit changes |
 *
 * `first=2` behind any of these means that only the first two requests with this very value go wrong, as in
 * `503 first=2`: the third attempt gets through. A value that is none of these is answered with 400.
 */
export function requestedFaults(): FaultSchedule {
  const seen = new Map<string, number>();
  return ({ headers }) => {
    const wish = headers.get(header);
    if (wish === null) return undefined;
    const [what = "", ...more] = wish.trim().split(/\s+/);
    const options = new Map(more.map((one): [string, string] => splitPair(one)));
    const times = (seen.get(wish) ?? 0) + 1;
    seen.set(wish, times);
    if (times > Number(options.get("first") ?? Infinity)) return undefined;
    return faultFrom(what, options) ??
      { kind: "answer", status: 400, body: `${header}: there is no fault "${wish}"` };
  };
}

function faultFrom(what: string, options: ReadonlyMap<string, string>): Fault | undefined {
  if (/^[2-5]\d\d$/.test(what)) {
    const retryAfter = options.get("retry-after");
    const headers = retryAfter === undefined ? undefined : { "retry-after": retryAfter };
    return { kind: "answer", status: Number(what), body: `status ${what}, as asked for`, headers };
  }
  const [kind, value] = splitPair(what);
  if (kind === "drop" && (value === "before" || value === "after")) return { kind, when: value };
  if (!/^\d+$/.test(value)) return undefined;
  switch (kind) {
    case "delay":
      return { kind, ms: Number(value) };
    case "cut":
    case "end":
    case "stall":
    case "flip":
      return { kind, at: Number(value) };
  }
}

function splitPair(text: string): [name: string, value: string] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}
