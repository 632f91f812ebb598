import type { ServiceStatus } from "../../../core/service.ts";

/** What a state means to one who waits: the end, a step on the way, or an end of another kind. */
export type Verdict = "reached" | "wait" | "failed";

/** Where a wait can lead: to a service that is there at all, that runs, that is stopped, or that is gone. */
export type End = "there" | "running" | "stopped" | "gone";

type Row = readonly [there: Verdict, running: Verdict, stopped: Verdict, gone: Verdict];

const columns: readonly End[] = ["there", "running", "stopped", "gone"];

// On its way to somewhere by itself.
const moving: Row = ["reached", "wait", "wait", "wait"];
// Does not run, and will not unless somebody acts.
const over: Row = ["reached", "failed", "failed", "wait"];

/**
 * All states that the vendor documents, and what each means for each end. The states are those of
 * https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-struct-service and of the
 * parameter ServiceStatus of
 * https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-listservices.
 */
export const states: Readonly<Record<string, Row>> = {
  Creating: moving,
  Cloning: moving,
  Pending: moving, // for the control plane to begin
  Deploying: moving,
  Waiting: moving, // for its instances to be ready
  Starting: moving,
  Updating: moving, // instances are replaced
  HotUpdate: moving, // without instances being replaced
  Scaling: moving,
  Committing: moving, // what was developed becomes what runs
  Stopping: moving,
  Running: ["reached", "reached", "wait", "wait"],
  Stopped: ["reached", "failed", "reached", "wait"],
  Developing: ["reached", "failed", "wait", "wait"], // until somebody commits it or leaves the mode
  Failed: over,
  Complete: over, // as jobs are at their end
  Deleting: ["reached", "failed", "failed", "wait"],
  Deleted: ["reached", "failed", "failed", "reached"],
  DeleteFailed: ["reached", "failed", "failed", "failed"],
};

/** What a state means for an end; one that the vendor has added since is taken for a step on the way. */
export function verdict(status: ServiceStatus, end: End): Verdict {
  const row = Object.hasOwn(states, status) ? states[status]! : moving;
  return row[columns.indexOf(end)]!;
}
