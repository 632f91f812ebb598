import assert from "node:assert/strict";
import { test } from "node:test";
import type { CorsOptions } from "../../plugins/gateway/mod.ts";
import { call, gatewayTo } from "../support/gateways.ts";

const page = "https://page.example.com";
const other = "https://other.example.com";

/** Headers of an answer that are about origins. */
function corsHeaders({ headers }: Response): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => /^(access-control|vary)/.test(name)));
}

function preflight(origin: string, asked = "content-type, x-stainless-os"): Request {
  const headers = {
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": asked,
  };
  return call({ method: "OPTIONS", headers });
}

test("a gateway without cors says nothing about origins", async () => {
  const { handle } = gatewayTo();
  assert.deepEqual(corsHeaders(await handle(call({ headers: { origin: page } }))), {});
  assert.equal((await handle(preflight(page))).status, 405);
});

const allowing: [name: string, cors: CorsOptions][] = [
  ["a list", { origins: ["https://a.example", page] }],
  ["a function", { origins: (origin) => origin === page }],
];
for (const [name, cors] of allowing) {
  test(`a gateway with ${name} of origins lets their pages read, and refuses others unsent`, async () => {
    const { handle, seen } = gatewayTo(undefined, { cors });
    const answer = await handle(call({ headers: { origin: page } }));
    assert.equal(answer.status, 200);
    assert.deepEqual(corsHeaders(answer), {
      "access-control-allow-origin": page,
      "access-control-expose-headers": "retry-after, x-request-id",
      vary: "origin",
    });
    const refused = await handle(call({ headers: { origin: other } }));
    assert.deepEqual([refused.status, corsHeaders(refused)], [403, { vary: "origin" }]);
    assert.equal((await handle(preflight(other))).status, 403);
    assert.equal(seen.length, 1);
  });
}

test("a preflight is answered by the gateway itself", async () => {
  const cors = { origins: [page], maxAge: 60, credentials: true, exposeHeaders: ["x-model"] };
  const { handle, seen } = gatewayTo(undefined, { cors, methods: ["GET", "POST"], concurrency: 1 });
  const answer = await handle(preflight(page));
  assert.equal(answer.status, 204);
  assert.deepEqual(corsHeaders(answer), {
    "access-control-allow-credentials": "true",
    "access-control-allow-headers": "content-type, x-stainless-os",
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-origin": page,
    "access-control-expose-headers": "retry-after, x-request-id, x-model",
    "access-control-max-age": "60",
    vary: "access-control-request-headers, origin",
  });
  assert.equal(seen.length, 0);
});

test("authorize() isn't asked about preflights, which carry no credentials", async () => {
  const { handle } = gatewayTo(undefined, {
    cors: { origins: [page] },
    authorize: () => new Response(null, { status: 401 }),
  });
  assert.equal((await handle(preflight(page))).status, 204);
  const refused = await handle(call({ headers: { origin: page } }));
  assert.deepEqual([refused.status, refused.headers.get("access-control-allow-origin")], [401, page]);
});

test('origins "*" lets any page in, without a word about which', async () => {
  const { handle } = gatewayTo(undefined, { cors: { origins: "*" } });
  assert.deepEqual(corsHeaders(await handle(call({ headers: { origin: page } }))), {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "retry-after, x-request-id",
  });
});

test("pages of the gateway's own origin, and callers that are no pages, need no permission", async () => {
  const { handle } = gatewayTo(undefined, { cors: { origins: [page] } });
  assert.equal((await handle(call({ headers: { origin: "https://gateway.example.com" } }))).status, 200);
  assert.equal((await handle(call())).status, 200);
});

test("pages can read why they were refused", async () => {
  const { handle } = gatewayTo(() => new Response("bad", { status: 400 }), {
    cors: { origins: [page] },
    maxBodyBytes: 3,
  });
  for (const [body, status] of [["abc", 400], ["abcd", 413]] as const) {
    const answer = await handle(
      call({ body, headers: { origin: page, "content-length": `${body.length}` } }),
    );
    assert.deepEqual([answer.status, answer.headers.get("access-control-allow-origin")], [status, page]);
  }
});
