import assert from "node:assert/strict";
import { test } from "node:test";
import { type ClientOptions, createClient } from "../../core/client.ts";
import { servicePath } from "../../core/eas-service.ts";
import { chain, type CredentialsProvider, memoize } from "../../core/credentials.ts";
import { ApiError, CredentialsError, PaiError, TimeoutError } from "../../core/errors.ts";
import type { Fetch } from "../../core/fetch.ts";
import { json, Predictor, type Serializer } from "../../core/predictor.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { vectors } from "../support/vectors.ts";

const credentials = { accessKeyId: "AKID-test", accessKeySecret: "SECRET-test", securityToken: "TOKEN-test" };

/** A client whose requests are answered as told, and what was sent. */
function scripted(answer: (attempt: number) => Response, options: Partial<ClientOptions> = {}) {
  const sent: { url: string; init: RequestInit; headers: Headers }[] = [];
  const fetch: Fetch = (url, init) => {
    sent.push({ url, init, headers: new Headers(init.headers) });
    return answer(sent.length);
  };
  const clock = fakeClock();
  return {
    sent,
    clock,
    client: createClient({ region: "cn-hangzhou", credentials, fetch, clock, ...options }),
  };
}

const endpoints: [product: string, publicHost: string, vpcHost: string][] = [
  ["eas", "pai-eas.cn-beijing.aliyuncs.com", "pai-eas-manage-vpc.cn-beijing.aliyuncs.com"],
  ["aiworkspace", "aiworkspace.cn-beijing.aliyuncs.com", "aiworkspace-vpc.cn-beijing.aliyuncs.com"],
  ["sts", "sts.cn-beijing.aliyuncs.com", "sts-vpc.cn-beijing.aliyuncs.com"],
  ["pai", "pai.cn-beijing.aliyuncs.com", "pai-vpc.cn-beijing.aliyuncs.com"],
  ["pai-dlc", "pai-dlc.cn-beijing.aliyuncs.com", "pai-dlc-vpc.cn-beijing.aliyuncs.com"],
  ["pai-dsw", "pai-dsw.cn-beijing.aliyuncs.com", "pai-dsw-vpc.cn-beijing.aliyuncs.com"],
  ["paiflow", "paiflow.cn-beijing.aliyuncs.com", "paiflow-vpc.cn-beijing.aliyuncs.com"],
  ["oss", "oss-cn-beijing.aliyuncs.com", "oss-cn-beijing-internal.aliyuncs.com"],
];

for (const [product, publicHost, vpcHost] of endpoints) {
  test(`createClient() finds the endpoints of ${product}`, () => {
    const region = "cn-beijing";
    assert.equal(createClient({ region }).endpoint(product), `https://${publicHost}`);
    assert.equal(createClient({ region, network: "vpc" }).endpoint(product), `https://${vpcHost}`);
  });
}

test("createClient() takes endpoints of the caller's own", () => {
  const client = createClient({
    region: "r",
    endpoints: { eas: "http://127.0.0.1:80/", oss: "oss.example.com" },
  });
  assert.deepEqual([client.endpoint("eas"), client.endpoint("oss")], [
    "http://127.0.0.1",
    "https://oss.example.com",
  ]);
});

const wrong: [why: string, options: Record<string, unknown>][] = [
  ["a missing region", {}],
  ["an empty region", { region: "" }],
  ["a region that is an address", { region: "cn-hangzhou.aliyuncs.com" }],
  ["an unknown network", { region: "cn-hangzhou", network: "VPC" }],
  ["an endpoint with another scheme", { region: "cn-hangzhou", endpoints: { eas: "ftp://h" } }],
  ["an endpoint with a password", { region: "cn-hangzhou", endpoints: { eas: "http://u:p4ssword@h" } }],
  ["an endpoint that is no host", { region: "cn-hangzhou", endpoints: { eas: "a b" } }],
  ["a key without secret", { region: "cn-hangzhou", credentials: { accessKeyId: "a", accessKeySecret: "" } }],
];

for (const [why, options] of wrong) {
  test(`createClient() refuses ${why}`, () => {
    assert.throws(
      () => createClient(options as unknown as ClientOptions),
      (error) => error instanceof TypeError && !error.message.includes("p4ssword"),
    );
  });
}

test("servicePath() encodes each segment", () => {
  assert.equal(servicePath("cn-hangzhou", "a/b c", "start"), "/api/v2/services/cn-hangzhou/a%2Fb%20c/start");
});

test("call() sends a signed request and reads JSON", async () => {
  const { client, sent } = scripted(() => Response.json({ ServiceName: "s" }));
  const query = { Labels: { a: "b c" }, Missing: undefined };
  const answer = await client.call("CreateService", {
    method: "POST",
    path: "/api/v2/services",
    query,
    body: { name: "s" },
  });
  assert.deepEqual(answer, { ServiceName: "s" });
  const [{ url, init, headers }] = sent as [typeof sent[number]];
  assert.equal(
    url,
    "https://pai-eas.cn-hangzhou.aliyuncs.com/api/v2/services?Labels=%7B%22a%22%3A%22b%20c%22%7D",
  );
  assert.equal(new TextDecoder().decode(init.body as Uint8Array), '{"name":"s"}');
  assert.deepEqual(
    ["x-acs-action", "x-acs-version", "x-acs-date", "x-acs-security-token"].map((name) => headers.get(name)),
    ["CreateService", "2021-07-01", "2024-01-01T00:00:00Z", "TOKEN-test"],
  );
  assert.match(
    headers.get("authorization")!,
    /^ACS3-HMAC-SHA256 Credential=AKID-test,SignedHeaders=content-type;host;/,
  );
});

test("call() reaches any action of the RPC style", async () => {
  const { client, sent } = scripted(() => Response.json({ AccountId: "1" }));
  assert.deepEqual(await client.call("GetCallerIdentity", { product: "sts" }), { AccountId: "1" });
  assert.deepEqual([sent[0]!.url, sent[0]!.init.method], ["https://sts.cn-hangzhou.aliyuncs.com/", "POST"]);
  await client.call("DescribeRegions", {
    product: "ecs",
    version: "2014-05-26",
    query: { "Tag.1.Key": "a" },
  });
  assert.equal(sent[1]!.url, "https://ecs.cn-hangzhou.aliyuncs.com/?Tag.1.Key=a");
  await assert.rejects(client.call("DescribeRegions", { product: "ecs" }), TypeError);
});

test("call() signs each attempt anew, with its own date and nonce", async () => {
  const { client, sent, clock } = scripted((n) =>
    n < 3 ? new Response("", { status: 503 }) : Response.json({})
  );
  clock.sleep = (ms) => (clock.time += Math.max(ms, 1000), Promise.resolve());
  await client.call("ListServices", { path: "/api/v2/services" });
  for (const name of ["x-acs-date", "x-acs-signature-nonce", "authorization"]) {
    assert.equal(new Set(sent.map(({ headers }) => headers.get(name))).size, 3, name);
  }
});

test("call() repeats throttled calls, whatever their status, after the pause that the server asks for", async () => {
  for (const status of [400, 429, 503]) {
    const throttled = () =>
      Response.json({ Code: "Throttling.User", Message: "flow control" }, {
        status,
        headers: { "x-acs-retry-after": "1500" },
      });
    const { client, sent, clock } = scripted((n) => n === 1 ? throttled() : Response.json({}));
    await client.call("CreateService", { method: "POST", path: "/api/v2/services" });
    assert.deepEqual([sent.length, clock.slept], [2, [1500]]);
    const endless = scripted(throttled);
    await assert.rejects(endless.client.call("X", { path: "/x" }), {
      name: "ApiError",
      code: "Throttling.User",
      status,
    });
    assert.equal(endless.sent.length, 4);
  }
});

test("call() does not repeat a create that may have happened", async () => {
  const { client, sent } = scripted(() => new Response("", { status: 503 }));
  await assert.rejects(client.call("CreateService", { method: "POST", path: "/api/v2/services" }), {
    status: 503,
  });
  assert.equal(sent.length, 1);
});

test("call() asks for credentials only when it sends, and tells why there are none", async () => {
  let asked = 0;
  const empty = () =>
    Promise.reject(new CredentialsError(`nothing ${++asked}`, { code: "CredentialsNotFound" }));
  const { client, sent } = scripted(() => Response.json({}), { credentials: empty });
  assert.equal(asked, 0);
  await assert.rejects(client.call("X", { path: "/x" }), /nothing 1/);
  assert.deepEqual([asked, sent.length], [1, 0]);
  await client.call("AssumeRoleWithOIDC", { product: "sts", anonymous: true });
  assert.equal(sent[0]!.headers.get("authorization"), null);
});

test("call() takes a bearer token, which nothing else signs with", async () => {
  const { client, sent } = scripted(() => Response.json({}), { credentials: { bearerToken: "b" } });
  await client.call("ListServices", { path: "/api/v2/services" });
  assert.equal(sent[0]!.headers.get("x-acs-bearer-token"), "b");
  await assert.rejects(client.credentials(), CredentialsError);
});

test("call() rejects with TimeoutError, or with the signal's reason", async () => {
  const { client } = scripted(() => Response.json({}), { fetch: () => new Promise(() => {}) });
  await assert.rejects(client.call("X", { path: "/x", timeout: 5 }), TimeoutError);
  await assert.rejects(
    client.call("X", { path: "/x", signal: AbortSignal.abort(new Error("enough")) }),
    /enough/,
  );
});

interface ErrorVector {
  id: string;
  family: string;
  input: { responses: { status: number; headers: Record<string, string>; body: string }[] };
  expected: { error?: { code?: string; requestId?: string }; result?: { body: unknown }; attempts: number };
}

const answered = vectors<{ vectors: ErrorVector[] }>("signing/errors").vectors
  .filter(({ family }) => family === "openapi"); // those of OSS are in storage_oss_requests_test.ts

for (const { id, input: { responses }, expected: { error: wanted, result, attempts } } of answered) {
  test(`call() makes of ${id} what the official client makes of it`, async () => {
    const { client, sent } = scripted((attempt) => {
      const { status, headers, body } = responses[Math.min(attempt, responses.length) - 1]!;
      return new Response(body, { status, headers });
    });
    const call = client.call("X", { path: "/x", method: "POST" });
    if (!wanted) {
      assert.deepEqual([await call, sent.length], [result!.body, attempts]);
      return;
    }
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof ApiError);
      const [{ status, headers }] = responses as [typeof responses[0]];
      assert.equal(error.status, status);
      const known = /json|xml/.test(headers["content-type"] ?? ""); // the official client loses all others
      if (known) assert.deepEqual([error.code, error.requestId], [wanted.code, wanted.requestId]);
      return true;
    });
  });
}

test("call() tells a wrong secret from a request that changed on its way", async () => {
  const cloud = emulator();
  const right = await cloud.credentials();
  const client = createClient({ ...cloud, credentials: { ...right, accessKeySecret: "wrong" } });
  await assert.rejects(
    client.call("ListServices", { path: "/api/v2/services" }),
    (error) =>
      error instanceof ApiError && error.code === "SignatureDoesNotMatch" &&
      /accessKeySecret is wrong/.test(error.message),
  );
  const changing: Fetch = (url, init) => cloud.fetch(`${url}?Filter=x`, init);
  await assert.rejects(
    createClient({ ...cloud, fetch: changing }).call("ListServices", { path: "/api/v2/services" }),
    /changed on its way/,
  );
});

test("call() tells a wrong clock", async () => {
  const cloud = emulator();
  const clock = { ...cloud.clock, now: () => cloud.clock.now() + 3_600_000 };
  await assert.rejects(
    createClient({ ...cloud, clock }).call("ListServices", { path: "/api/v2/services" }),
    /clock is 360[01] s ahead/,
  );
});

const described = {
  ServiceName: "iris",
  Status: "Running",
  AccessToken: "SERVICE-TOKEN",
  ServiceConfig: JSON.stringify({ name: "iris", processor: "tensorflow_cpu_2.7", token: "SERVICE-TOKEN" }),
  InternetEndpoint: "http://1.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/iris",
  IntranetEndpoint: "http://1.vpc.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/iris",
};

test("predictor() takes endpoint and token from the control plane", async () => {
  for (
    const [options, network, expected] of [
      [{}, "public", described.InternetEndpoint],
      [{}, "vpc", described.IntranetEndpoint],
      [{ endpointType: "INTRANET" }, "public", described.IntranetEndpoint],
      [{ endpointType: "INTERNET" }, "vpc", described.InternetEndpoint],
    ] as const
  ) {
    const { client, sent } = scripted((n) => Response.json(n === 1 ? described : [1]), { network });
    const predictor = await client.predictor("iris", options);
    assert.ok(predictor instanceof Predictor);
    assert.equal(predictor.endpoint, expected);
    assert.deepEqual(await predictor.predict([[1]]), [1]);
    assert.equal(sent[1]!.headers.get("authorization"), "SERVICE-TOKEN");
  }
});

test("predictor() takes the first serializer that matches the service, unless one is given", async () => {
  const named = (name: string, prefix: string): Serializer => ({
    ...json(),
    contentType: name,
    matches: ({ processor = "" }) => processor.startsWith(prefix),
  });
  const serializers = [named("torch", "pytorch"), named("tf", "tensorflow"), named("late", "tensorflow")];
  const { client, sent } = scripted((n) => Response.json(n % 2 ? described : [1]), { serializers });
  await (await client.predictor("iris")).predict(1);
  await (await client.predictor("iris", { serializer: undefined })).predict(1);
  await (await client.predictor("iris", { serializer: named("own", "") })).predict(1);
  assert.deepEqual([1, 3, 5].map((n) => sent[n]!.headers.get("content-type")), ["tf", "tf", "own"]);
});

test("predictor() refuses an endpoint type that the service does not have", async () => {
  const { client } = scripted(() => Response.json({ ...described, IntranetEndpoint: undefined }));
  await assert.rejects(client.predictor("iris", { endpointType: "INTRANET" }), TypeError);
  await assert.rejects(client.predictor("iris", { endpointType: "VPC" as "INTRANET" }), TypeError);
  await assert.rejects(client.predictor(""), TypeError);
});

test("predictor() of a service that does not exist rejects with the vendor's code", async () => {
  await assert.rejects(
    createClient({ ...emulator() }).predictor("nobody"),
    (error) => error instanceof ApiError && error.status === 404,
  );
});

test("call() sends what fetch needs and nothing that leaks", async () => {
  const { client, sent } = scripted(() => Response.json({ Hint: "Throttling is off" }));
  await client.call("X", { path: "/x", method: "put", headers: { "Content-Type": "text/csv" }, body: "a,b" });
  const { method, redirect, signal, headers } = sent[0]!.init;
  assert.deepEqual([method, redirect, signal instanceof AbortSignal], ["PUT", "manual", true]);
  assert.equal(new Headers(headers).get("content-type"), "text/csv");
  assert.match(new Headers(headers).get("user-agent")!, /^pai-edge-sdk\//);
  assert.equal(sent.length, 1); // an answer that merely speaks of throttling is no reason to ask again
  await client.call("X", { path: "/x", method: "DELETE", body: "" });
  assert.equal(sent[1]!.init.body, undefined);
});
test("call() reads an empty answer as an empty object", async () => {
  assert.deepEqual(
    await scripted(() => new Response(null, { status: 204 })).client.call("X", { path: "/x" }),
    {},
  );
});
test("call() rejects with ApiError whatever a refusal holds", async () => {
  for (
    const text of [
      '{"Code":"X","Message":"C:\\x"}',
      '{"Message":"a\nb"}',
      '{"Message":"\\u12"}',
      "{",
      "null",
      "x".repeat(9_000),
      '{"Code":"Un"}',
    ]
  ) {
    const { client } = scripted(() =>
      new Response(text, { status: 403, headers: { "x-acs-request-id": "R-1" } })
    );
    await assert.rejects(client.call("X", { path: "/x" }), (error) => {
      assert.ok(error instanceof ApiError, String(error));
      assert.deepEqual([error.status, error.requestId], [403, "R-1"]);
      assert.ok(error.message.length < 600);
      if (!error.code) assert.match(error.message, /status is 403/);
      return true;
    });
  }
});
test("predictor() and the providers can be cancelled", async () => {
  const reason = new Error("enough");
  const { client, sent } = scripted(() => Response.json({}));
  await assert.rejects(client.predictor("iris", { signal: AbortSignal.abort(reason) }), reason);
  assert.equal(sent.length, 0);
  let given: AbortSignal | undefined;
  const provider: CredentialsProvider = (options) => (given = options?.signal, Promise.resolve(credentials));
  await createClient({ region: "r", credentials: provider, fetch: () => Response.json({}) }).call("X", {
    path: "/x",
  });
  assert.ok(given instanceof AbortSignal);
  given = undefined;
  await chain(provider)({ signal: AbortSignal.abort(reason) });
  assert.ok(given!.aborted);
  await memoize(provider)({ signal: AbortSignal.abort(reason) });
  assert.equal(given, undefined); // others may be waiting too
});

test("call() tells a connection that failed from a wrong argument", async () => {
  const cause = Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNREFUSED" } });
  const { client } = scripted(() => Response.json({}), { fetch: () => Promise.reject(cause) });
  await assert.rejects(client.call("X", { path: "/x" }), (error) => {
    assert.ok(error instanceof PaiError && error.code === "NetworkError" && error.cause === cause);
    assert.equal(error.message, "Cannot call X: no answer");
    return true;
  });
  const circular: { self?: unknown } = {};
  circular.self = circular;
  await assert.rejects(client.call("X", { path: "/x", body: circular }), TypeError);
});

test("predictor() makes do without a configuration that can't be read", async () => {
  const { client, sent } = scripted((n) =>
    Response.json(n === 1 ? { ...described, ServiceConfig: "{" } : [1])
  );
  await (await client.predictor("iris")).predict(1);
  assert.equal(sent[1]!.headers.get("content-type"), "application/json");
});

test("call() refuses a security token that no header can carry, without quoting it", async () => {
  const { client, sent } = scripted(() => Response.json({}), {
    credentials: { ...credentials, securityToken: "SECRET\nTOKEN" },
  });
  await assert.rejects(client.call("X", { path: "/x" }), {
    name: "CredentialsError",
    message: "Cannot use the token: not plain text",
  });
  assert.equal(sent.length, 0);
});

test("call() is refused when the security token has expired, wherever the time is told", async () => {
  const key = { accessKeyId: "STS.id", accessKeySecret: "secret", securityToken: "token" };
  const cloud = emulator({ clock: fakeClock(), credentials: { ...key, expiration: new Date(0) } });
  await assert.rejects(
    createClient({ ...cloud, credentials: key }).call("ListServices", { path: "/api/v2/services" }),
    { name: "ApiError", code: "InvalidSecurityToken.Expired" },
  );
});

test("call() tells a wrong clock even when the server doesn't tell its time", async () => {
  const { client } = scripted(() => Response.json({ Code: "InvalidTimeStamp.Expired" }, { status: 400 }));
  await assert.rejects(client.call("X", { path: "/x" }), /; this clock is some s ahead$/);
});
