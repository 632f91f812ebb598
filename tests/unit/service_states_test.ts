import assert from "node:assert/strict";
import { test } from "node:test";
import { DeployError } from "../../plugins/deploy/mod.ts";
import { type End, states, verdict } from "../../plugins/deploy/waiting/states.ts";
import { goals, untilGone, untilStatus } from "../../plugins/deploy/waiting/wait.ts";
import { watchOf } from "../../plugins/deploy/waiting/watch.ts";
import { fakeEas } from "../support/fake_eas.ts";

// The vendor's list: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-listservices,
// and Deploying from the page of the service's structure.
const documented = [
  "Creating",
  "Stopped",
  "Failed",
  "Complete",
  "Cloning",
  "Stopping",
  "Updating",
  "Waiting",
  "HotUpdate",
  "Committing",
  "Starting",
  "DeleteFailed",
  "Running",
  "Developing",
  "Scaling",
  "Deleted",
  "Pending",
  "Deleting",
  "Deploying",
];

/** Where each wait ends, well or not; every other state is a step on the way. */
const ends: Record<End, { reached: readonly string[]; failed: readonly string[] }> = {
  there: { reached: documented, failed: [] },
  running: {
    reached: ["Running"],
    failed: ["Stopped", "Failed", "Complete", "Developing", "Deleting", "Deleted", "DeleteFailed"],
  },
  stopped: { reached: ["Stopped"], failed: ["Failed", "Complete", "Deleting", "Deleted", "DeleteFailed"] },
  gone: { reached: ["Deleted"], failed: ["DeleteFailed"] },
};

test("states are those that the vendor documents", () => {
  assert.deepEqual(Object.keys(states).sort(), documented.toSorted());
});

for (const [end, { reached, failed }] of Object.entries(ends) as [End, typeof ends[End]][]) { // its own keys
  for (const state of [...documented, "Hibernating"]) {
    const expected = reached.includes(state) || (end === "there" && state === "Hibernating")
      ? "reached"
      : failed.includes(state)
      ? "failed"
      : "wait";
    test(`a service that is to be ${end} and is ${state}: ${expected}`, async () => {
      assert.equal(verdict(state, end), expected);
      assert.equal(await outcome(end, state), expected);
    });
  }
}

test("a state that is called like a method of objects is a step on the way", () => {
  assert.equal(verdict("constructor", "running"), "wait");
});

/** What comes of a wait for a service that stays in a state. */
async function outcome(end: End, state: string): Promise<string> {
  const { client } = fakeEas({ exists: true, create: [state] });
  const watch = watchOf(client, "iris", "wait for", { timeout: 40_000 });
  const goal =
    { there: goals.visible, running: goals.running, stopped: goals.stopped, gone: goals.deleted }[end];
  try {
    await (end === "gone" ? untilGone(watch) : untilStatus(watch, goal));
    return "reached";
  } catch (error) {
    if (error instanceof DeployError) return error.code === "WaitTimeout" ? "explained" : "failed";
    assert.match(String(error), /^TimeoutError: Cannot wait for service "iris": it is \w+ after 40 s$/);
    return "wait";
  }
}
