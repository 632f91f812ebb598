import assert from "node:assert/strict";
import { test } from "node:test";
import { faultyHandle, requestedFaults } from "../../../plugins/emulator/faults.ts";
import { emulator } from "../../../plugins/emulator/mod.ts";
import { serve } from "../../../plugins/emulator/serve.ts";
import { api } from "../../support/signed_calls.ts";

const headers = { "content-length": "10", "content-type": "text/plain" };

/** Asks a service on a port of this machine, with a wish for a fault. */
async function ask(wish: string, use: (answer: Promise<Response>) => Promise<void>): Promise<void> {
  const handlers = { digits: () => new Response("0123456789", { headers }) };
  const cloud = emulator({ delays: { create: 0, gateway: 0 }, handlers });
  await api(cloud, "CreateService", "POST /api/v2/services", { body: { name: "digits", token: "token" } });
  await using server = await serve({ handle: faultyHandle(cloud.handle, requestedFaults()) });
  const signal = AbortSignal.timeout(60_000); // of which nothing here needs but a little
  const sent = { authorization: "token", "x-emulator-fault": wish };
  await use(fetch(`${server.url}/api/predict/digits`, { headers: sent, signal }));
}

for (const wish of ["end=3", "cut=3", "end=9", "cut=0"]) {
  test(`the connection breaks when ${wish} leaves less of the answer than its length says`, async () => {
    await ask(wish, async (answer) => {
      await assert.rejects(answer.then((response) => response.text()), (error: Error) => {
        assert.notEqual(error.name, "TimeoutError");
        return true;
      });
    });
  });
}

test("the connection breaks without an answer when that is asked for", async () => {
  await ask("drop=after", async (answer) => {
    await assert.rejects(answer, (error: Error) => {
      assert.notEqual(error.name, "TimeoutError");
      return true;
    });
  });
});

test("a status that is asked for comes over the wire, 450 as well", async () => {
  await ask("450", async (answer) => {
    const response = await answer;
    assert.deepEqual([response.status, await response.text()], [450, "status 450, as asked for"]);
  });
  await ask("429 retry-after=3", async (answer) => {
    const response = await answer;
    assert.deepEqual([response.status, response.headers.get("retry-after")], [429, "3"]);
    await response.body?.cancel();
  });
});

test("nothing happens to a request that is to go well", async () => {
  await ask("503 first=0", async (answer) => {
    assert.equal(await (await answer).text(), "0123456789");
  });
});
