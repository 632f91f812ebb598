import type { ResourceLimits } from "../plan/container-plan.ts";
import { type Job, momentTimeout } from "./job.ts";

/**
 * The limits that the engine can keep: it refuses more processors than its machine has, while a configuration is written
 * for larger ones.
 */
export async function fitting({ engine, plan, watch }: Job): Promise<ResourceLimits> {
  const { cpus, ...others } = plan.resources;
  if (cpus === undefined) return plan.resources;
  const options = {
    signal: watch.signal,
    timeout: momentTimeout,
    what: "Cannot ask what the engine's machine has",
  };
  const { NCPU, CpuCfsQuota = true } = Object(await (await engine.call("GET", "/info", options)).json());
  const warn = (message: string): void => watch.report({ stage: "create", level: "warning", message });
  if (!CpuCfsQuota) {
    warn("the engine can't limit processors, so the container may use all of them");
    return others;
  }
  if (!(NCPU < cpus)) return plan.resources;
  warn(`the configuration asks for ${cpus} processors; the engine's machine has ${NCPU}`);
  return others; // as many as there are
}
