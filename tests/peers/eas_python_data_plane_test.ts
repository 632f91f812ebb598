// Alibaba's SDK of EAS's data plane for Python, unmodified, predicts and uses queues, against the emulator.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startDataPlane } from "./data_plane.ts";
import { runPython, skipPython } from "./python.ts";

test("the SDK predicts, signed and without the gateway, and uses queues", { skip: skipPython }, async () => {
  await using cloud = await startDataPlane();
  const said = await runPython(["eas_data_plane.py", new URL(cloud.url).host]);
  const { predictions, queue, asynchronous } = JSON.parse(new TextDecoder().decode(said));
  assert.equal(predictions.signed, "héllo");
  assert.equal(predictions.direct, "hello");
  assert.match(predictions.wrongToken, /401.*Unauthorized: the signature does not match/);
  assert.deepEqual(queue, {
    byId: ["first"],
    byIndex: ["first"],
    byTag: ["first"],
    nothing: [],
    sameIndex: true,
    deleted: "OK",
    truncated: ["c"],
    commit: true,
    autoCommit: true,
    left: "0",
  });
  const numbers = Array.from({ length: 20 }, (_, i) => `${i}`).sort();
  assert.deepEqual(asynchronous, { answered: true, texts: numbers });
});
