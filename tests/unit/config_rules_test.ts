import assert from "node:assert/strict";
import { test } from "node:test";
import { ruleExamples, serviceRules } from "../../core/service-rules.ts";
import { validateConfig } from "../../plugins/deploy/validate/mod.ts";
import { configFaults } from "../../plugins/emulator/config-check.ts";

test("every rule has its own name, a page, one check, and an example of both kinds", () => {
  const ids = serviceRules.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(Object.keys(ruleExamples), ids);
  for (const { id, page, says, mend } of serviceRules) {
    assert.match(page, /^https:\/\/[\w.]+\/\S+$/, id);
    assert.match(says, /[^.;]$/, id);
    assert.match(mend, /^[^A-Z].*[^.;]$/, id);
  }
});

for (const { id, says, mend, page, severity = "error" } of serviceRules) {
  const { accepted, refused } = ruleExamples[id]!;

  test(`rule ${id} accepts its example, in the client and in the emulator`, () => {
    const config = { name: "svc", ...accepted };
    const told = validateConfig(config).filter((problem) =>
      problem.severity === "error" || problem.message.includes(says)
    );
    assert.deepEqual(told, []);
    assert.deepEqual(configFaults(config), []);
  });

  test(`rule ${id} ${severity === "error" ? "refuses" : "warns of"} its example, and tells how to mend it`, () => {
    const config = { name: "svc", ...refused };
    const told = validateConfig(config).filter((problem) => problem.message.includes(says));
    assert.equal(told.length, 1);
    assert.equal(told[0]!.rule, page);
    assert.equal(told[0]!.severity, severity);
    assert.ok(told[0]!.message.endsWith(`${says}; ${mend}`), told[0]!.message);
    const faults = configFaults(config);
    if (severity === "warning") assert.deepEqual(faults, []);
    else {assert.equal(
        faults.filter(({ what, where }) => what === says && told[0]!.path.startsWith(where)).length,
        1,
      );}
  });
}
