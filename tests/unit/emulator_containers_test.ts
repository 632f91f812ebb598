import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createClient } from "../../core/client.ts";
import { isFileSource } from "../../core/files.ts";
import {
  containerServingSpec,
  eas,
  emptyDir,
  InferenceSpec,
  Model,
  nfs,
  scale,
} from "../../plugins/deploy/mod.ts";
import { forwardTo } from "../../plugins/emulator/containers/forward.ts";
import { emulator } from "../../plugins/emulator/mod.ts";
import { AsyncPredictor } from "../../plugins/queue/mod.ts";
import { oss } from "../../plugins/storage/oss.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { fakeTarget } from "../support/fake_target.ts";

const delays = { create: 0, start: 0, stop: 0, delete: 0, gateway: 0 };

test("forwardTo() passes any method, path, query, header and body on, but what is between neighbours", async () => {
  const text = fc.stringMatching(/^[\w~.%20 -]{0,12}$/);
  const request = fc.record({
    method: fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"),
    path: fc.array(text.map(encodeURIComponent), { maxLength: 4 }).map((parts) => `/${parts.join("/")}`),
    query: fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), text).map((pairs) =>
      `${new URLSearchParams(pairs)}`
    ),
    body: fc.uint8Array({ maxLength: 64 }),
    header: fc.stringMatching(/^[\x21-\x7e]{0,16}$/),
    base: fc.constantFrom("http://127.0.0.1:1", "http://127.0.0.1:1/", "http://127.0.0.1:1/below"),
  });
  await fc.assert(fc.asyncProperty(request, async ({ method, path, query, body, header, base }) => {
    const asked = `http://iris${path}${query && `?${query}`}`;
    const { pathname, search } = new URL(asked);
    let seen: { url: string; init: RequestInit } | undefined;
    const forward = forwardTo(base, (url, init) => {
      seen = { url, init };
      return new Response("answer", { status: 299, headers: { "x-own": "1", connection: "close" } });
    });
    const hasBody = method !== "GET" && method !== "HEAD";
    const headers = { "x-own": header, authorization: "token", connection: "x-hop", te: "trailers" };
    const answer = await forward(new Request(asked, { method, headers, ...(hasBody && { body }) }));
    assert.equal(seen?.url, `${base.replace(/\/$/, "")}${pathname}${search}`);
    assert.equal(seen?.init.method, method);
    const sent = new Headers(seen?.init.headers);
    assert.deepEqual([sent.get("x-own"), sent.get("authorization")], [header, "token"]);
    assert.deepEqual([sent.get("host"), sent.get("te"), sent.get("connection")], [null, null, null]);
    assert.deepEqual(
      new Uint8Array(await new Response(seen?.init.body).arrayBuffer()),
      hasBody ? body : new Uint8Array(),
    );
    assert.deepEqual([answer.status, answer.headers.get("x-own"), await answer.text()], [299, "1", "answer"]);
  }));
});

test("forwardTo() tells nothing of a compression that fetch has undone, and answers 204 without a body", async () => {
  const headers = { "content-encoding": "gzip", "content-length": "3" };
  const forward = forwardTo(
    "http://127.0.0.1:1",
    (url) => url.endsWith("/none") ? new Response(null, { status: 204 }) : new Response("plain", { headers }),
  );
  const answer = await forward(new Request("http://iris/"));
  assert.deepEqual([answer.headers.get("content-encoding"), answer.headers.get("content-length")], [
    null,
    null,
  ]);
  assert.equal(await answer.text(), "plain");
  const none = await forward(new Request("http://iris/none"));
  assert.deepEqual([none.status, none.body], [204, null]);
});

test("forwardTo() ends with the caller's reason when that is gone", async () => {
  const controller = new AbortController();
  const forward = forwardTo(
    "http://127.0.0.1:1",
    (_, { signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted")))),
  );
  const answer = forward(new Request("http://iris/", { signal: controller.signal }));
  controller.abort(new Error("the caller is gone"));
  await assert.rejects(async () => await answer, /the caller is gone/);
});

test("mounts: objects become files, an empty folder stays one, and everything else is passed on", async () => {
  const target = fakeTarget(() => Promise.resolve(() => new Response("ok")));
  const cloud = emulator({ clock: fakeClock(), delays, runner: target, runnerFetch: target.fetch });
  const client = createClient({ ...cloud });
  const storage = oss(client, { bucket: "emulator-bucket" });
  const files = {
    "data/a.txt": "1",
    "data/deep/ü b.txt": "2",
    "data/folder/": "",
    "database.txt": "3",
    "one.bin": "4",
  };
  for (const [key, body] of Object.entries(files)) await storage.put(key, body);
  const spec = containerServingSpec({ image: "a/b:1", command: "serve", port: 8000 })
    .mount("oss://emulator-bucket/data/", "/data/")
    .mount("oss://emulator-bucket/nothing/", "/nothing/")
    .mount(emptyDir(), "/scratch/")
    .mount(nfs("nas.example", { path: "/share" }), "/share/");
  spec.set("metadata.instance", 2);
  await new Model({ inferenceSpec: spec }).deploy(eas(client, { storage }), { serviceName: "iris" });
  assert.equal(target.there.size, 2);
  for (const { deployment: { config, mounts }, files } of target.there.values()) {
    assert.deepEqual([...files], [["/data/a.txt", "1"], ["/data/deep/ü b.txt", "2"]]);
    assert.equal(config.metadata?.instance, 1, "each container is one instance");
    assert.equal(config.storage, undefined);
    const kept = mounts.filter(({ source }) => !isFileSource(source)).map((
      { mountPath, source },
    ) => [mountPath, source]);
    assert.deepEqual(kept, [
      ["/nothing/", { mount_path: "/nothing/", empty_dir: {} }],
      ["/scratch/", { mount_path: "/scratch/", empty_dir: {} }],
      ["/share/", { mount_path: "/share/", nfs: { path: "/share", readOnly: false, server: "nas.example" } }],
    ]);
  }
  await cloud.close();
});

test("an asynchronous service answers from its containers, also what was put in before there was one", async () => {
  const target = fakeTarget(() =>
    Promise.resolve(async (request) => Response.json({ got: await request.json() }))
  );
  const cloud = emulator({ delays, runner: target, runnerFetch: target.fetch });
  const client = createClient({ ...cloud });
  const inferenceSpec = containerServingSpec({ image: "a/b:1", command: "serve", port: 8000 });
  inferenceSpec.set("metadata.instance", 0);
  const service = await new Model({ inferenceSpec }).deploy(eas(client), {
    serviceName: "later",
    serviceType: "Async",
    instanceType: "ecs.c6.large",
  });
  assert.equal(target.there.size, 0);
  const task = await new AsyncPredictor(service).predict([1, 2]);
  await scale({ client, name: "later" }, 1, { wait: false });
  assert.deepEqual(await task.result(), { got: [1, 2] });
  await cloud.close();
  assert.equal(target.there.size, 0);
});

test("a processor's service stays with the emulator, whatever the runner", async () => {
  const target = fakeTarget(() => Promise.reject(new Error("not asked for")));
  const cloud = emulator({ clock: fakeClock(), delays, runner: target });
  const client = createClient({ ...cloud });
  const model = new Model({ inferenceSpec: new InferenceSpec({ processor: "pmml" }) });
  await assert.rejects(
    model.deploy(eas(client), { serviceName: "iris" }),
    /nothing to run service "iris" with/,
  );
  assert.equal(target.there.size, 0);
});
