import assert from "node:assert/strict";
import { test } from "node:test";
import { globalFetch } from "../../core/fetch.ts";

test("globalFetch() hands on address and init", async () => {
  const original = globalThis.fetch;
  const init = { method: "PUT" };
  try {
    globalThis.fetch = ((...args: unknown[]) => Promise.resolve(Response.json(args))) as typeof fetch;
    assert.deepEqual(await (await globalFetch("http://h/", init)).json(), ["http://h/", init]);
  } finally {
    globalThis.fetch = original;
  }
});
