// Alibaba's SDK for Go, unmodified, predicts and uses queues, against the emulator; EAS_GO_SDK names its folder.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startDataPlane } from "./data_plane.ts";
import { buildGo, sdkFolder, skipGo } from "./go.ts";

const skip = skipGo ||
  (!sdkFolder && "EAS_GO_SDK names no folder with the SDK, which the module proxy lacks");

test("the SDK predicts, signed and without the gateway, and uses queues", { skip }, async () => {
  const program = await buildGo(new URL("go/data_plane/", import.meta.url), sdkFolder);
  await using cloud = await startDataPlane();
  const args = [new URL(cloud.url).host];
  const { success, stdout } = await new Deno.Command(program, { args, stderr: "inherit" }).output();
  assert.ok(success);
  const said = new TextDecoder().decode(stdout).trim().split("\n").at(-1); // the SDK prints lines of its own before
  const { predictions, queue, asynchronous } = JSON.parse(said ?? "");
  assert.equal(predictions.signed, "héllo");
  assert.equal(predictions.direct, "hello");
  assert.match(predictions.wrongToken, /401.*Unauthorized: the signature does not match/);
  const all = ["0", "1", "2", "3", "4"];
  assert.deepEqual(queue, {
    byId: ["first"],
    byIndex: ["first"],
    byTag: ["first"],
    nothing: [],
    priority: ["urgent", "plain"],
    truncated: ["b"],
    "webSocket false": all,
    "webSocket true": all,
    "http false": all,
    "http true": all,
    left: "0",
  });
  const numbers = Array.from({ length: 20 }, (_, i) => `${i}`).sort();
  assert.deepEqual(asynchronous, { answered: true, texts: numbers });
});
