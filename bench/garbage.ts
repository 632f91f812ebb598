/**
 * Has the runtime collect its garbage, so that nobody's time is spent on what others left.
 *
 * @module
 */
import v8 from "node:v8";
import vm from "node:vm";

/** The part of Bun that is needed. */
interface Bun {
  gc(force: boolean): void;
}

/** Collects everything now. */
export const collectGarbage: () => void = collector();

/** V8 hides its own behind a flag, which counts for contexts that are made later. */
function collector(): () => void {
  const { Bun } = globalThis as { Bun?: Bun }; // there on one of the runtimes
  if (Bun) return () => Bun.gc(true);
  v8.setFlagsFromString("--expose-gc");
  return vm.runInNewContext("gc");
}
