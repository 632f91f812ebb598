/**
 * What predictions are meant to take, held against what they took.
 *
 * @module
 */
import { sdkFolder } from "../../tests/peers/go.ts";
import type { GoalRow } from "../goals.ts";
import type { PayloadId } from "../payloads.ts";
import type { Run } from "./mod.ts";
import { ratio, type Taken } from "./turns.ts";

/** A bound on the ratio of the times of two clients, found within rounds. */
interface Bound {
  what: string;
  id: PayloadId | "json";
  /** The client whose time is divided. */
  client: string;
  /** How many calls at a time. @default {1} */
  inFlight?: number;
  /** Whether it is the processor's time. */
  isBusy?: boolean;
  /** By whose time: of the same runtime, if it is one in JavaScript. */
  by: string;
  /** At most or at least so many times; of a runtime that has a bound of its own, that one. */
  most?: number | { [runtime: string]: number };
  least?: number;
}

const json = { id: "json", client: "predictor", by: "fetch", most: 1.1 } as const;
const tensors = { id: "small", client: "predictor", by: "fetch", most: 1.1 } as const;

const bounds: Bound[] = [
  { ...json, what: "predict, 1 × 4 floats as JSON" },
  { ...json, what: "predict, 1 × 4 floats as JSON, processor", isBusy: true },
  { ...json, what: "predict, 1 × 4 floats as JSON, 64 at a time", inFlight: 64 },
  { ...json, what: "predict, 1 × 4 floats as JSON, 64 at a time, processor", inFlight: 64, isBusy: true },
  {
    ...json,
    what: "predict over `undici.request`, 1 × 4 floats as JSON",
    client: "undici",
  },
  { ...tensors, what: "predict, three float32 [1,10], processor", isBusy: true },
  { what: "predict, three float32 [1,10]", id: "small", client: "predictor", by: "fetch", most: 1.1 },
  {
    what: "predict, 602 KB",
    id: "f32_600K",
    client: "predictor",
    by: "fetch",
    most: { Bun: 1.5, other: 1.25 },
  },
  { what: "predict, 38.5 MB", id: "f32_38M", client: "predictor", by: "fetch", most: 1.25 },
  {
    what: "predict in place, three float32 [1,10]",
    id: "small",
    client: "allocated",
    by: "fetch",
    most: 1.1,
  },
  { what: "predict in place, 602 KB", id: "f32_600K", client: "allocated", by: "fetch", most: 1.1 },
  { what: "predict in place, 38.5 MB", id: "f32_38M", client: "allocated", by: "fetch", most: 1.1 },
  { what: "protobufjs client, 602 KB", id: "f32_600K", client: "protobufjs", by: "predictor", least: 2 },
  {
    what: sdkFolder ? "Alibaba's SDK for Go, 602 KB" : "Go client in the steps of Alibaba's SDK, 602 KB",
    id: "f32_600K",
    client: "go-sdk",
    by: "predictor",
    least: 4,
  },
  {
    what: "Python client `eas_prediction`, 602 KB",
    id: "f32_600K",
    client: "eas",
    by: "predictor",
    least: 6,
  },
  {
    what: "Python client in the steps of the PAI SDK, 602 KB",
    id: "f32_600K",
    client: "pai",
    by: "predictor",
    least: 6,
  },
];

/** One row for each bound. A gate, for noisy machines, is half as strict. */
export function goalRows(runs: readonly Run[]): GoalRow[] {
  return bounds.flatMap((bound) => {
    const run = runs.find(({ id }) => id === bound.id), taken = run?.taken.get(bound.inFlight ?? 1);
    return taken?.some(({ caller }) => caller.client === bound.client)
      ? [rowOf(bound, run!.runtimes, taken)]
      : []; // see taken
  });
}

function rowOf(bound: Bound, runtimes: readonly string[], taken: readonly Taken[]): GoalRow {
  const { what, most, least = 0 } = bound, base = bound.by === "fetch" ? "bare `fetch`" : "`Predictor`";
  const limit = typeof most === "object" ? most.other! : most; // each has it
  const others = Object.entries(typeof most === "object" ? most : {}).filter(([name]) => name !== "other");
  const exceptions = others.map(([name, limit]) => ` (${name} ${limit} ×)`).join("");
  const goal = limit === undefined ? `≥ ${least} × ${base}` : `≤ ${limit} × ${base}${exceptions}`;
  const measured = runtimes.flatMap((runtime) => {
    const ratio = ratioOf(bound, taken, runtime);
    if (ratio === undefined) return [];
    const own = others.find(([name]) => runtime.startsWith(name))?.[1] ?? limit ?? Infinity;
    return {
      runtime,
      text: `${ratio.toFixed(2)} ×`,
      met: ratio <= own && ratio >= least,
      gateMet: ratio <= 2 * own && ratio >= least / 2,
    };
  });
  return { what, goal, measured };
}

/** Middle of the ratios within rounds; nothing where the runtime has no such client. */
function ratioOf(
  { client, by, isBusy }: Bound,
  taken: readonly Taken[],
  runtime: string,
): number | undefined {
  const [over, under] = [client, by].map((name) => {
    const ofName = taken.filter(({ caller }) => caller.client === name);
    const own = ofName.find(({ caller }) => caller.child.title === runtime);
    // other languages have one process for all runtimes
    return own ?? ofName.find(({ caller }) => /^(Go|Python)/.test(caller.child.title));
  });
  const what = isBusy ? "busy" : "time";
  return over && under && ratio(over[what], under[what]);
}
