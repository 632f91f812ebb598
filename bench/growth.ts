/**
 * How much memory a call takes at most, as Linux tells it.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { collectGarbage } from "./garbage.ts";

/** Bytes that the process has in memory now (`VmRSS`), or had at most (`VmHWM`). */
function memory(field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
}

/** By how many bytes this process grows in a call, over what it had when it was idle. */
export async function growthOf(call: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 30)); // for what is collected beside us
  }
  writeFileSync("/proc/self/clear_refs", "5"); // the mark begins anew
  const before = memory("VmRSS");
  await call();
  return memory("VmHWM") - before;
}
