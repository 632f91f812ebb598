/**
 * Goals for our codec beside C++, computed from what was measured.
 *
 * @module
 */
import type { GoalRow } from "../goals.ts";
import { type Measured, ratioOf } from "../measure.ts";

interface Goal {
  what: string;
  /** Key of the contest. */
  contest: string;
  /** How the names of our candidates begin; the runtime follows. */
  ours: string;
  /** With which of C++'s they are compared. */
  theirs: string;
  /** How much of its time they may take. */
  limit: number;
}

const build = "C++: build + serialize", parse = "C++: parse";
const pooled = "**`encodeInto`**, ", encode = "**`encode`**, ", decode = "**`decode`**, ";

const goals: Goal[] = [
  {
    what: "float32, 602 KB written into a pooled buffer",
    contest: "encode f32_600K",
    ours: pooled,
    theirs: build,
    limit: 0.5,
  },
  {
    what: "float64, 1.05 MB written into a pooled buffer",
    contest: "encode f64_1M",
    ours: pooled,
    theirs: build,
    limit: 0.5,
  },
  { what: "pixels written", contest: "encode u8_image", ours: encode, theirs: build, limit: 1 },
  { what: "pixels read", contest: "decode u8_image", ours: decode, theirs: parse, limit: 1 },
  { what: "int64 tokens written", contest: "encode i64_tokens", ours: encode, theirs: build, limit: 1.3 },
  { what: "int64 tokens read", contest: "decode i64_tokens", ours: decode, theirs: parse, limit: 1.3 },
];

/** The goals' rows; none when C++ was left out. */
export function nativeGoals(contests: readonly Measured[]): GoalRow[] {
  return goals.flatMap(({ what, contest, ours, theirs, limit }) => {
    const held = contests.find(({ key }) => key === contest);
    const measured = held?.candidates.flatMap(({ name }) => {
      const ratio = name.startsWith(ours) ? ratioOf(held, name, theirs) : undefined;
      if (ratio === undefined) return [];
      const runtime = name.slice(ours.length), text = `${ratio.toFixed(2)} ×`;
      return [{ runtime, text, met: ratio <= limit, gateMet: ratio <= 2 * limit }];
    }) ?? [];
    return measured.length ? [{ what: `${what}, to C++`, goal: `≤ ${limit} ×`, measured }] : [];
  });
}
