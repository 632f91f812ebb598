import assert from "node:assert/strict";
import { test } from "node:test";
import { lifeOf, thisProcess } from "../../../plugins/local-docker/owner.ts";

test("lifeOf() knows this process, and one that has another's id, machine or boot", () => {
  const name = thisProcess();
  assert.match(name, /^\d+@[^:]+:\d*$/);
  assert.equal(lifeOf(name), "alive");
  assert.equal(lifeOf(name.replace(/^\d+/, "4194305")), "dead", "above every process id of Linux");
  assert.equal(lifeOf(name.replace("@", "@another-")), "unknown");
  assert.equal(lifeOf("what another program writes"), "unknown");
});

test("lifeOf() takes no later process with the same id for the owner", {
  skip: /:$/.test(thisProcess()) && "this system doesn't tell when a process began",
}, () => {
  const name = thisProcess();
  assert.equal(lifeOf(name.replace(/:\d+$/, ":1")), "dead");
  assert.equal(lifeOf(name.replace(/\.[0-9a-f]{8}\./, ".00000000.")), "dead");
  assert.equal(lifeOf(name.replace(/\.(\d+):/, ".1$1:")), "unknown");
});
