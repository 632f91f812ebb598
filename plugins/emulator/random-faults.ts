import type { Fault, FaultSchedule, FaultyCall } from "./faults.ts";

/** Options of {@linkcode randomFaults}. */
export interface RandomFaultsOptions {
  /** How often a request goes wrong, from 0 to 1. @default {0.3} */
  rate?: number;
  /**
   * Most faults of one and the same request, repetitions included, so that it gets through in the end. Calls of a service
   * are all the same by their method and address, so for these a limit makes little sense. @default {2}
   */
  most?: number;
  /** What may go wrong. @default {what OSS clients must bear: all but "stall", which waits for a signal} */
  kinds?: readonly Fault["kind"][];
  /** These faults, instead of those of `kinds`, each as likely as the next. */
  faults?: readonly Fault[];
}

const usual: readonly Fault["kind"][] = [
  "refuse",
  "drop",
  "cut-request",
  "flip-request",
  "cut",
  "end",
  "flip",
  "wrong-crc",
];

/** What a server may say that goes by itself. */
const refusals: readonly (readonly [status: number, code: string])[] = [
  [500, "InternalError"],
  [502, "BadGateway"],
  [503, "SlowDown"],
  [503, "ServiceUnavailable"],
  [503, "UploadTrafficRateLimitExceeded"],
];

/** Parameters and headers that change when a request is signed anew. */
const signed =
  /^(x-oss-(signature|date|expires|credential|security-token).*|Signature|Expires|OSSAccessKeyId)$/;

/**
 * Faults by chance. What happens to a request follows from the seed, from what it asks for and from how often that was
 * asked before, so that a run can be repeated whatever order concurrent requests come in.
 *
 * @throws {RangeError} when `rate` is not from 0 to 1, or `most` is negative.
 */
export function randomFaults(seed: number, options: RandomFaultsOptions = {}): FaultSchedule {
  const { rate = 0.3, most = 2, kinds = usual, faults } = options;
  if (!(rate >= 0 && rate <= 1 && most >= 0)) {
    throw new RangeError(`Cannot make faults: rate ${rate} is not from 0 to 1, or most ${most} is below 0`);
  }
  const asked = new Map<string, { times: number; faults: number }>();
  return (call) => {
    const name = nameOf(call);
    const before = asked.get(name) ?? { times: 0, faults: 0 };
    asked.set(name, before);
    const random = generator(hash(`${seed} ${before.times++} ${name}`));
    if (random() >= rate || before.faults >= most) return undefined;
    if (faults) {
      before.faults++;
      return faults[Math.floor(random() * faults.length)];
    }
    const kind = kinds[Math.floor(random() * kinds.length)];
    if (kind === undefined) return undefined;
    before.faults++;
    return faultOf(kind, random);
  };
}

function faultOf(kind: Fault["kind"], random: () => number): Fault {
  const when = random() < 0.5 ? "before" : "after";
  const at = { share: random() };
  switch (kind) {
    case "refuse": {
      const [status, code] = refusals[Math.floor(random() * refusals.length)] ?? [500, "InternalError"];
      return { kind, status, code, when };
    }
    case "answer":
      return { kind, status: [500, 502, 503, 504][Math.floor(random() * 4)] ?? 500, when };
    case "delay":
      return { kind, ms: Math.floor(random() * 1000) };
    case "drop":
      return { kind, when };
    case "wrong-crc":
      return { kind };
    default:
      return { kind, at };
  }
}

/** What a request asks for, without what differs between its repetitions. */
function nameOf({ url, method, headers }: FaultyCall): string {
  const query = [...url.searchParams].filter(([name]) => !signed.test(name)).map((pair) => pair.join("="))
    .sort();
  return [method, url.pathname, query.join("&"), headers.get("range") ?? ""].join(" ");
}

/** FNV-1a of a text. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/** Numbers from 0 up to 1 by the method mulberry32. */
function generator(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
