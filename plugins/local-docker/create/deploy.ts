import { PaiError } from "../../../core/errors.ts";
import { bounded } from "../../../core/timeout.ts";
import { timeLeft, type Watch } from "../../../core/watch.ts";
import type { Engine } from "../engine/engine.ts";
import { type Copy, lookAt } from "../files/copy-files.ts";
import type { ContainerPlan, PlannedMount } from "../plan/container-plan.ts";
import { refusal } from "../plan/refusal.ts";
import { checkNameIsFree, makeContainer } from "./container.ts";
import { haveImage } from "./image.ts";
import type { Job } from "./job.ts";
import { Made } from "./made.ts";

/** A container that was started, and all that was made for it. */
export interface Started {
  /** Id of the container. */
  readonly id: string;
  /** What it is made of. */
  readonly made: Made;
}

/** What a deployment is made from. */
export interface Order extends Omit<Job, "engine" | "watch"> {
  /** Finds the engine. */
  readonly connect: (signal: AbortSignal) => Promise<Engine>;
  /** Until when, who hears of it, and who may cancel it. */
  readonly watch: Watch;
}

/**
 * Makes and starts the container of a plan, and lets `then` finish the deployment. When a step fails, takes too long or is
 * cancelled, all that was made is removed before the error is thrown.
 *
 * @param cleanup Whether to remove it.
 * @throws {TypeError} when the engine can't do what the plan asks for; nothing has been made then.
 */
export async function deployContainer<T>(
  order: Order,
  cleanup: boolean,
  then: (engine: Engine, started: Started) => Promise<T>,
): Promise<T> {
  const { watch, plan, labels } = order;
  const made = new Made(labels);
  let engine: Engine | undefined;
  try {
    const id = await untilSettled(watch, async (signal, reach) => {
      reach("answer of the engine");
      engine = await order.connect(signal);
      const job: Job = { ...order, plan: planFor(engine, plan), engine, watch: { ...watch, signal } };
      return await make(job, made, reach);
    });
    return await then(engine!, { id, made });
  } catch (error) {
    const left = engine && (cleanup ? await made.removeAll(engine) : keptNote(made, plan));
    if (!left) throw error;
    if (!watch.signal?.aborted) throw noted(error, left);
    watch.report({ stage: "create", level: "warning", message: left }); // the caller is owed the signal's own reason
    throw error;
  }
}

async function make(job: Job, made: Made, reach: (what: string) => void): Promise<string> {
  const { plan, unpackModel, watch: { signal, report } } = job;
  report({ stage: "check", message: `looking for the image "${plan.image}"` });
  await checkNameIsFree(job);
  reach("list of its files");
  const copies = new Map<PlannedMount, Copy>();
  for (const mount of plan.mounts) {
    if (mount.kind !== "copy") continue;
    copies.set(mount, await lookAt(mount.copy, unpackModel && mount.isModel, signal));
  }
  reach("image");
  const image = await haveImage(job);
  for (const mount of plan.mounts) {
    if (mount.kind === "image") await haveImage(job, mount.image);
  }
  reach("container with its files");
  return await makeContainer(job, image, copies, made);
}

/** Runs something until the time is up; unlike its bound alone, it waits until what runs has stopped. */
async function untilSettled<T>(
  watch: Watch,
  run: (signal: AbortSignal, reach: (what: string) => void) => Promise<T>,
): Promise<T> {
  let running: Promise<T> | undefined;
  try {
    const what = `Cannot ${watch.action} service "${watch.name}"`;
    return await bounded(what, timeLeft(watch), watch.signal, (signal, call) => {
      running = run(signal, (what) => call.lacks = what);
      return running;
    });
  } finally {
    await running?.catch(() => {});
  }
}

/** What the engine can do of a plan: one on another machine has none of this one's folders, and other ports. */
function planFor(engine: Engine, plan: ContainerPlan): ContainerPlan {
  if (engine.isLocal) return plan;
  if (/^(?:127\.|localhost$|::1$)/.test(plan.publishedAt)) {
    throw refusal(
      plan,
      `the engine ${engine.address} is on another machine, where ${plan.publishedAt} can't be reached from here; ` +
        'use localDocker({ publishedAt: "0.0.0.0" }), which opens the service to whoever reaches that machine',
    );
  }
  const mounts = plan.mounts.map((mount): PlannedMount => {
    if (mount.kind !== "bind") return mount;
    const { path, copy, readOnly } = mount;
    return { path, kind: "copy", copy, readOnly, isModel: false };
  });
  return { ...plan, mounts };
}

function keptNote(made: Made, { containerName }: ContainerPlan): string | undefined {
  return made.isEmpty
    ? undefined
    : `the container "${containerName}" and its volumes are kept; remove them with gc() or docker`;
}

/** The same error with a note at the end of its message. */
function noted(error: unknown, note: string): unknown {
  if (!(error instanceof Error)) return error;
  if (!(error instanceof PaiError)) return new PaiError(`${error.message}; ${note}`, { cause: error });
  return Object.assign(error, { message: `${error.message}; ${note}` });
}
