/**
 * How fast our codec shall be, and whether it is. A goal is kept by the medians of the full bench; its gate, which is half
 * as strict so that a busy machine can't close it, by every run.
 *
 * @module
 */
import { type Measured, ratioOf, timeOf } from "./measure.ts";
import type { PayloadId } from "./payloads.ts";
import type { Report } from "./runtimes.ts";
import { names } from "./tensors.ts";

/** A goal, and what was measured. */
export interface GoalRow {
  /** What is measured. */
  what: string;
  /** What it shall be. */
  goal: string;
  /** What it is on each runtime. */
  measured: {
    /** Name of the runtime, and its version. */
    runtime: string;
    /** The figure. */
    text: string;
    /** Whether the goal is kept. */
    met: boolean;
    /** Whether the gate is. */
    gateMet: boolean;
  }[];
}

/** A goal of a contest. */
interface Goal {
  what: string;
  /** Key of the contest. */
  contest: string;
  /** Ours. */
  of: string;
  /** What ours is compared with; without it the limit is in microseconds. */
  against?: string;
  limit: number;
  /** Whether the limit is how many times as fast ours shall be; else it is how much of the other's time it may take. */
  isFaster?: boolean;
}

type Entry = [id: PayloadId, of: keyof typeof names, limit: number];

const titles: Record<PayloadId, string> = {
  f32_600K: "float32, 602 KB",
  f32_38M: "float32, 38.5 MB",
  f64_1M: "float64, 1.05 MB",
  small: "three inputs of ten floats",
  i64_tokens: "int64 tokens",
  u8_image: "pixels",
  i32_image: "pixels as int32",
  strings: "texts",
  bool_100K: "bools",
  map200: "200 features",
};

/** What the forms of our codec are called in the table. */
const forms: { readonly [Name in keyof typeof names]?: string } = {
  inPlace: "written in place",
  encodeChunks: "written as chunks",
  encodeInto: "written into a pooled buffer",
  encode: "written",
  decode: "read",
  decodeView: "read, aligned",
  decodeOwn: "read, moved in place",
  decodeCopied: "read, copied",
};

function goal([id, of, limit]: Entry, more: Pick<Goal, "against" | "isFaster">, suffix = ""): Goal {
  const work = of.startsWith("decode") ? "decode" : "encode";
  return {
    what: `${titles[id]} ${forms[of]}${suffix}`,
    contest: `${work} ${id}`,
    of: names[of],
    limit,
    ...more,
  };
}

/** At most so many microseconds. */
const time = (entries: Entry[]): Goal[] => entries.map((entry) => goal(entry, {}));

/** At most so much of what a copy takes. */
const share = (against: "memcpy" | "allocAndCopy", entries: Entry[]): Goal[] => {
  const suffix = against === "memcpy" ? ", to a warm copy" : ", to a copy into a new buffer";
  return entries.map((entry) => goal(entry, { against: names[against] }, suffix));
};

/** At least so many times as fast as protobufjs. */
const faster = (entries: Entry[]): Goal[] =>
  entries.map((entry) => goal(entry, { against: names.peer, isFaster: true }, ", to protobufjs 8 static"));

const goals: Goal[] = [
  ...time([
    ["small", "inPlace", 3],
    ["f32_600K", "inPlace", 3],
    ["f64_1M", "inPlace", 3],
    ["f32_38M", "inPlace", 3],
    ["f32_600K", "encodeChunks", 3],
    ["f64_1M", "encodeChunks", 3],
    ["f32_38M", "encodeChunks", 3],
    ["f32_600K", "decodeView", 1],
    ["f64_1M", "decodeView", 1],
    ["f32_38M", "decodeView", 1],
  ]),
  ...share("memcpy", [
    ["f32_600K", "encodeInto", 1.15],
    ["f64_1M", "encodeInto", 1.15],
    ["f32_38M", "encodeInto", 1.05],
    ["f32_600K", "decodeOwn", 0.75],
    ["f64_1M", "decodeOwn", 0.75],
    ["f32_38M", "decodeOwn", 0.75],
  ]),
  ...share("allocAndCopy", [
    ["f32_600K", "encode", 1.1],
    ["f64_1M", "encode", 1.1],
    ["f32_38M", "encode", 1.1],
    ["f32_600K", "decodeCopied", 1.3],
    ["f64_1M", "decodeCopied", 1.3],
    ["f32_38M", "decodeCopied", 1.3],
  ]),
  ...faster([
    ["f32_600K", "encodeInto", 15],
    ["f64_1M", "encodeInto", 15],
    ["f32_600K", "encode", 3.5],
    ["f64_1M", "encode", 3.5],
    ["f32_600K", "decodeOwn", 200],
    ["f32_600K", "decodeCopied", 20],
    ["i64_tokens", "encode", 6],
    ["i64_tokens", "decode", 6],
    ["u8_image", "encode", 3],
    ["u8_image", "decode", 6],
    ["map200", "encode", 6],
    ["map200", "decode", 3.5],
    ["small", "encode", 2],
    ["small", "decode", 4],
    ["strings", "encode", 1.3],
    ["strings", "decode", 1.3],
  ]),
];

/** The rows of the contests that were held. */
export function tensorGoals(reports: readonly Report[]): GoalRow[] {
  return goals.flatMap((goal) => {
    const measured = reports.flatMap(({ runtime, measured }) => {
      const contest = measured.find(({ key }) => key === goal.contest);
      return contest ? [{ runtime, ...judge(goal, contest) }] : [];
    });
    return measured.length ? [{ what: goal.what, goal: text(goal), measured }] : [];
  });
}

function text({ against, limit, isFaster }: Goal): string {
  return !against ? `≤ ${limit} µs` : isFaster ? `≥ ${limit} × as fast` : `≤ ${limit} ×`;
}

function judge(goal: Goal, contest: Measured): Omit<GoalRow["measured"][number], "runtime"> {
  const { of, against, limit, isFaster } = goal;
  const figure = !against
    ? timeOf(contest, of)
    : isFaster
    ? ratioOf(contest, against, of)
    : ratioOf(contest, of, against);
  if (figure === undefined) return { text: "not measured", met: false, gateMet: false };
  const value = against ? figure : figure / 1000; // from nanoseconds
  const keeps = (limit: number): boolean => isFaster ? value >= limit : value <= limit;
  return {
    text: `${short(value)} ${against ? "×" : "µs"}`,
    met: keeps(limit),
    gateMet: keeps(isFaster ? limit / 2 : 2 * limit),
  };
}

/** A number with three digits that count, or one where it is next to nothing. */
export function short(value: number): string {
  if (value < 0.0995) return value.toPrecision(1);
  return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}
