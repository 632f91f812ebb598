// A call of any kind that is aborted at any stage ends at once, with the reason that was given, and leaves nothing behind.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { abortStages } from "../../support/abort_stages.ts";
import { childEnds } from "../../support/child_ends.ts";
import { faultyService } from "../../support/faulty_service.ts";
import { surfaces } from "../../support/surfaces.ts";
import { sleep, watchedSignal } from "../../support/watched_signal.ts";

const service = await faultyService();
after(() => service[Symbol.asyncDispose]());

/** Waits for something that sockets bring about. */
async function until(holds: () => boolean, what: string, seconds = 5): Promise<void> {
  for (let turn = 0; turn < seconds * 100 && !holds(); turn++) await sleep(10);
  assert.ok(holds(), what);
}

/** Node's fetch goes on to connect for ten seconds, whoever has left; no signal reaches that. */
const keepsConnecting = !("Deno" in globalThis || "Bun" in globalThis);

for (const [surface, run] of Object.entries(surfaces)) {
  for (const [stage, { predictor, requests }] of Object.entries(abortStages)) {
    test(`${surface} that is aborted ${stage} ends at once with the reason, and leaves nothing`, async () => {
      const reason = new Error("enough");
      service.at("silent"); // so that nothing is counted that comes late
      const { controller, signal, listeners } = watchedSignal();
      if (requests === 0 && stage.startsWith("before")) controller.abort(reason);
      const call = run(predictor(service), { signal });
      call.catch(() => {});
      const wanted = surface === "map()" ? 2 * requests : requests; // of two items
      if (!signal.aborted) {
        if (stage.includes("connects")) await until(() => service.handshakes > 0, "nobody connects");
        else await until(() => service.requests >= wanted, "nothing is sent");
        await sleep(30); // so that an answer's beginning arrives, or a pause begins
        assert.ok(listeners() > 0);
      }
      const start = performance.now();
      controller.abort(reason);
      await assert.rejects(call, (error) => error === reason);
      assert.ok(performance.now() - start < 3_000, "it took long");
      if (!(keepsConnecting && stage.includes("connects"))) {
        await until(
          () => service.openRequests === 0 && (keepsConnecting || service.handshakes === 0),
          "something is left open",
        );
      }
      await sleep(10);
      assert.equal(listeners(), 0);
      assert.equal(service.requests, wanted);
    });
  }
}

test("connections that were being made are given up", async () => {
  await until(() => service.handshakes === 0, "one is left open", keepsConnecting ? 30 : 5);
});

test("a process ends by itself when all of these were aborted in it, though a signal of half a minute is pending", async () => {
  const base = service.at("silent").replace(/\/silent-\d+$/, "");
  const unreachable = keepsConnecting ? "" : service.unreachable;
  await childEnds("abort_child.ts", `${base} ${unreachable}`, "done\n");
});
