/**
 * What predictions are meant to take, held against what they took.
 *
 * @module
 */
import { sdkFolder } from "../../tests/peers/go.ts";
import type { GoalRow } from "../goals.ts";
import type { PayloadId } from "../payloads.ts";
import type { Run } from "./mod.ts";

/** A bound on the ratio of the times of two clients, found within rounds. */
interface Bound {
  what: string;
  id: PayloadId;
  /** The client whose time is divided. */
  client: string;
  /** By whose time: of the same runtime, if it is one in JavaScript. */
  by: string;
  /** At most or at least so many times; of a runtime that has a bound of its own, that one. */
  most?: number | { [runtime: string]: number };
  least?: number;
}

const bounds: Bound[] = [
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
    const run = runs.find(({ id }) => id === bound.id);
    return run?.callers.some(({ client }) => client === bound.client) ? [rowOf(bound, run)] : [];
  });
}

function rowOf(bound: Bound, run: Run): GoalRow {
  const { what, most, least = 0 } = bound, base = bound.by === "fetch" ? "bare `fetch`" : "`Predictor`";
  const limit = typeof most === "object" ? most.other! : most; // each has it
  const others = Object.entries(typeof most === "object" ? most : {}).filter(([name]) => name !== "other");
  const exceptions = others.map(([name, limit]) => ` (${name} ${limit} ×)`).join("");
  const goal = limit === undefined ? `≥ ${least} × ${base}` : `≤ ${limit} × ${base}${exceptions}`;
  const measured = run.runtimes.map((runtime) => {
    const ratio = ratioOf(bound, run, runtime);
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

/** Middle of the ratios within rounds. */
function ratioOf({ client, by }: Bound, { callers, measured }: Run, runtime: string): number {
  const roundsOf = (name: string): number[] => {
    const ofName = callers.map((caller, i) => ({ ...caller, i })).filter((caller) => caller.client === name);
    const { i } = ofName.find(({ child }) => child.title === runtime) ?? ofName[0]!; // the run has both clients
    return measured.candidates[i]!.rounds;
  };
  const base = roundsOf(by);
  const ratios = roundsOf(client).map((time, round) => time / base[round]!).sort((a, b) => a - b);
  return ratios[Math.floor(ratios.length / 2)]!; // there are rounds
}
