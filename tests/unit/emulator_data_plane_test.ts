import assert from "node:assert/strict";
import { test } from "node:test";
import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type Emulator, emulator, type EmulatorOptions, type Handler } from "../../plugins/emulator/mod.ts";
import { easSignature, easStringToSign } from "../../plugins/emulator/verify-eas.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { api } from "../support/signed_calls.ts";

const host = "http://1000000000000001.cn-hangzhou.pai-eas.aliyuncs.com";
const inside = "http://1000000000000001.vpc.cn-hangzhou.pai-eas.aliyuncs.com";
const url = `${host}/api/predict/echo`;

async function cloudWith(
  echo: Handler,
  config: Record<string, unknown> = {},
  options: EmulatorOptions = {},
): Promise<Emulator> {
  const delays = { create: 0, start: 0, stop: 0, gateway: 0 };
  const cloud = emulator({ clock: fakeClock(), delays, handlers: { echo }, ...options });
  const body = { name: "echo", token: "token", processor: "pmml", ...config };
  assert.equal((await api(cloud, "CreateService", "POST /api/v2/services", { body })).status, 200);
  return cloud;
}

const authorization = "token";
const echo: Handler = (request) => new Response(request.body);

async function status(cloud: Emulator, address = url): Promise<number> {
  const response = await cloud.fetch(address, { method: "POST", body: "x", headers: { authorization } });
  await response.body?.cancel();
  return response.status;
}

test("the gateway takes a request that is signed with the token, and refuses one that was changed", async () => {
  const cloud = await cloudWith(echo);
  const call = async (path: string, body: string, signedPath = path): Promise<[number, string]> => {
    const headers = new Headers({
      "content-md5": bytesToHex(md5(utf8ToBytes(body))),
      "content-type": "application/octet-stream",
      date: "Sun, 06 Nov 1994 08:49:37 GMT",
    });
    const stringToSign = easStringToSign("POST", signedPath, headers);
    headers.set("authorization", `EAS ${easSignature("token", stringToSign)}`);
    const response = await cloud.fetch(host + path, { method: "POST", headers, body });
    return [response.status, await response.text()];
  };
  assert.deepEqual(await call("/api/predict/echo/v1/a%20b?x=%2F", "hello"), [200, "hello"]);
  const refused = await call("/api/predict/echo/v1", "hello", "/api/predict/echo");
  assert.deepEqual(refused, [401, "Unauthorized: the signature does not match"]);
});

test("discovery tells each ready instance, from inside the VPC only, and each answers at its own address", async () => {
  const cloud = await cloudWith(echo, { metadata: { instance: 2 } });
  const paths = ["exported/apis/eas.alibaba-inc.k8s.io/v1/upstreams", "api/v1/servicediscovery/upstreams"];
  const [found, other] = await Promise.all(paths.map(async (path) => {
    const answer = await cloud.fetch(`${inside}/${path}/echo?internal=false`, {});
    return await answer.json();
  }));
  assert.deepEqual(found, other);
  assert.deepEqual(found.correlative, ["echo"]);
  const items: { app: string; ip: string; port: number; weight: number }[] = found.endpoints.items;
  assert.equal(items.length, 2);
  for (const { ip, port, app, weight } of items) {
    assert.deepEqual([app, weight], ["echo", 100]);
    assert.equal(await status(cloud, `http://${ip}:${port}/api/predict/echo`), 200);
  }
  const at = async (address: string): Promise<number> => (await cloud.fetch(address, {})).status;
  assert.equal(await at(`http://pai-eas-vpc.cn-hangzhou.aliyuncs.com/${paths[0]}/echo/sub/path`), 200);
  assert.equal(await at(`${inside}/${paths[0]}/other`), 404);
  assert.equal(await at(`${host}/${paths[0]}/echo`), 404);
  const onPort = await (await cloud.fetch(`http://localhost:8080/${paths[1]}/echo`, {})).json();
  assert.deepEqual(onPort.endpoints.items, [{ app: "echo", ip: "localhost", port: 8080, weight: 100 }]);
});

test("an instance that is gone refuses connections, and discovery forgets it", async () => {
  const cloud = await cloudWith(echo);
  const where = `${inside}/api/v1/servicediscovery/upstreams/echo`;
  const { endpoints: { items: [{ ip, port }] } } = await (await cloud.fetch(where, {})).json();
  await api(cloud, "StopService", "PUT /api/v2/services/cn-hangzhou/echo/stop");
  await assert.rejects(status(cloud, `http://${ip}:${port}/api/predict/echo`), (error: Error) => {
    assert.ok(error instanceof TypeError);
    assert.deepEqual(error.cause, { code: "ECONNREFUSED" });
    return true;
  });
  assert.deepEqual((await (await cloud.fetch(where, {})).json()).endpoints.items, []);
});

for (
  const [what, config] of [
    ["the service", { metadata: { rpc: { rate_limit: 2 } } }],
    ["its gateway", { networking: { gateway_policy: { rate_limit: { enable: true, limit: 2 } } } }],
  ] as const
) {
  test(`more requests a second than ${what} allows are answered with 429`, async () => {
    const clock = fakeClock();
    const cloud = await cloudWith(echo, config, { clock });
    const many = async (): Promise<
      number[]
    > => [await status(cloud), await status(cloud), await status(cloud)];
    assert.deepEqual(await many(), [200, 200, 429]);
    await clock.sleep(1000);
    assert.deepEqual(await many(), [200, 200, 429]);
  });
}

/** A handler whose answers wait for a word. */
function held(): { handler: Handler; release: () => void; running: () => number } {
  const waiting: (() => void)[] = [];
  return {
    handler: () => new Promise((resolve) => waiting.push(() => resolve(new Response("done")))),
    release: () => waiting.shift()?.(),
    running: () => waiting.length,
  };
}

/** Lets everything happen that can. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve));
}

test("requests wait for a worker, and one too many is answered with 450", async () => {
  const { handler, release, running } = held();
  const metadata = { rpc: { worker_threads: 1, max_queue_size: 1 } };
  const cloud = await cloudWith(handler, { metadata });
  const [first, second] = [status(cloud), status(cloud)];
  await settle();
  assert.equal(await status(cloud), 450);
  assert.equal(running(), 1);
  release();
  assert.equal(await first, 200);
  await settle();
  release();
  assert.equal(await second, 200);
  const third = status(cloud);
  await settle();
  release();
  assert.equal(await third, 200);
});

test("more requests at a time than the gateway allows are answered with 429", async () => {
  const { handler, release } = held();
  const gateway_policy = { concurrency_limit: { enable: true, limit: 1 } };
  const cloud = await cloudWith(handler, { networking: { gateway_policy } });
  const first = status(cloud);
  await settle();
  assert.equal(await status(cloud), 429);
  release();
  assert.equal(await first, 200);
});

test("a request that takes longer than keepalive is answered with 408, and its connection ends", async () => {
  const metadata = { rpc: { keepalive: 1000 } };
  const cloud = await cloudWith(() => new Promise(() => {}), { metadata });
  const response = await cloud.fetch(url, { headers: { authorization } });
  assert.deepEqual([response.status, response.headers.get("connection")], [408, "close"]);
  assert.match(await response.text(), /1000 ms/);
  assert.equal(await status(await cloudWith(echo, { metadata })), 200);
});

test("the log says 499 of a caller who hung up", async () => {
  const { handler, release } = held();
  const cloud = await cloudWith(handler);
  const controller = new AbortController();
  const call = cloud.fetch(url, { headers: { authorization }, signal: controller.signal });
  await settle();
  controller.abort(new Error("enough"));
  await assert.rejects(Promise.resolve(call), /enough/);
  release();
  await settle();
  const { body } = await api(cloud, "DescribeServiceLog", "GET /api/v2/services/cn-hangzhou/echo/logs");
  assert.match(String((body.Logs as string[]).at(-1)), /GET \/ 0 bytes: 499$/);
});
