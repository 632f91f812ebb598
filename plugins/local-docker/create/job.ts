import type { ServiceConfig } from "../../../core/service-config.ts";
import type { Watch } from "../../../core/watch.ts";
import type { Engine } from "../engine/engine.ts";
import type { ContainerPlan } from "../plan/container-plan.ts";

/** One deployment on its way. */
export interface Job {
  /** Where the container runs. */
  readonly engine: Engine;
  /** What is to be made. */
  readonly plan: ContainerPlan;
  /** The configuration, which has the account of the image's registry. */
  readonly config: ServiceConfig;
  /** Labels of everything that is made; no other deployment has the same. */
  readonly labels: Readonly<Record<string, string>>;
  /** Labels of the container that serves: those, and what other processes need to use it. */
  readonly containerLabels: Readonly<Record<string, string>>;
  /** Whether an archive is unpacked that is all of a model. */
  readonly unpackModel: boolean;
  /** Until when, who hears of it, and who may cancel it. */
  readonly watch: Watch & { readonly signal: AbortSignal };
}

/** Milliseconds that the engine may take for what takes it a moment; disks can be slow. */
export const momentTimeout = 120_000;
