import type { Deployment } from "../../../core/target.ts";
import { jobOf } from "../eas/job.ts";
import type { EasDeployOptions } from "../eas/options.ts";
import type { EasTarget } from "../eas/target.ts";
import type { ToDeploymentOptions } from "../source-folder.ts";
import type { ConfigProblem } from "../validate/problem.ts";
import type { PlanChange } from "./changes.ts";
import { compare, prepareNamed } from "./compare.ts";
import { planText } from "./text.ts";

/** What can be deployed: a `Model`, or anything else that says what to run. */
export interface Deployable {
  /** What to run. */
  toDeployment(options?: ToDeploymentOptions): Deployment | Promise<Deployment>;
}

/** Files that a deployment needs on OSS. */
export interface PlannedUpload {
  /** What their source is called. */
  label: string;
  /** How many files there are. */
  files: number;
  /** Their length in bytes. */
  bytes: number;
  /** Where they will be: a folder with `/` at its end, or one file. */
  address: string;
  /** Whether all of them are there already. */
  present: boolean;
}

/** What {@linkcode apply} would do. JSON of it is for programs, its text for people; neither shows a secret. */
export class Plan {
  /** Name of the service. */
  readonly name: string;
  /** Whether the service is created or changed, or is as it should be. */
  readonly action: "create" | "update" | "none";
  /** What changes in its configuration and labels. */
  readonly changes: readonly PlanChange[];
  /** What is on OSS, or comes there. */
  readonly uploads: readonly PlannedUpload[];
  /** What is doubtful about the configuration. */
  readonly warnings: readonly ConfigProblem[];

  /** Takes what {@linkcode plan} has found. */
  constructor({ name, action, changes, uploads, warnings }: Omit<Plan, "toString">) {
    this.name = name;
    this.action = action;
    this.changes = changes;
    this.uploads = uploads;
    this.warnings = warnings;
  }

  /** The plan for people: a line for each change, and for each source of files. */
  toString(): string {
    return planText(this);
  }
}

/**
 * Tells what {@linkcode apply} would do, and does none of it: the service and the objects are only looked at. Files are
 * read once, as their content names the folder that they are in.
 *
 * @throws {TypeError} or {RangeError} when an argument is wrong, or no name is given; {@linkcode InvalidConfigError} is one.
 * @throws {ApiError} or {StorageError} when the service or the objects can't be looked at.
 */
export async function plan(
  target: EasTarget,
  model: Deployable,
  options: EasDeployOptions = {},
): Promise<Plan> {
  const job = jobOf(target, "plan", options);
  return (await compare(job, await prepareNamed(job, model))).plan;
}
