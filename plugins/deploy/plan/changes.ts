import type { JsonObject } from "../json-object.ts";
import { maskedText } from "../masked.ts";
import { type Leaves, leavesOf, sameScalar } from "./leaves.ts";
import { restarts } from "./restarts.ts";

/** One value of the configuration that is added, changed or removed. */
export interface PlanChange {
  /** Where it is: `metadata.cpu`, `containers[0].env.THREADS`, `storage["/ml/code"].oss.path`, `labels.team`. */
  path: string;
  /** The value that runs, secrets masked; absent when there is none. */
  from?: string | number | boolean;
  /** The value to be, secrets masked; absent when it goes. */
  to?: string | number | boolean;
  /** Whether the instances of the service are replaced for it. */
  restarts: boolean;
}

/** What differs between two configurations in the same spelling, in the order of the one to be. */
export function changesBetween(running: JsonObject, wanted: JsonObject): PlanChange[] {
  const [from, to] = [leavesOf(running), leavesOf(wanted)];
  const [shownFrom, shownTo] = [leavesOf(masked(running)), leavesOf(masked(wanted))];
  return [...new Set([...to.keys(), ...from.keys()])]
    .filter((path) => !sameScalar(from.get(path), to.get(path)))
    .map((path) => change(path, shownFrom, shownTo));
}

/** What differs between two sets of labels, which are not secret. */
export function labelChanges(
  running: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): PlanChange[] {
  return changesBetween({ labels: { ...running } }, { labels: { ...wanted } });
}

/** The change of a secret, of which only the fact is told. */
export function secretChange(path: string, runs: boolean): PlanChange {
  return { path, ...(runs && { from: "***" }), to: "***", restarts: restarts(path) };
}

function change(path: string, from: Leaves, to: Leaves): PlanChange {
  return {
    path,
    ...(from.has(path) && { from: from.get(path) }),
    ...(to.has(path) && { to: to.get(path) }),
    restarts: restarts(path),
  };
}

function masked(config: JsonObject): JsonObject {
  return JSON.parse(maskedText(config));
}
