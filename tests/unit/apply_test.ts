import assert from "node:assert/strict";
import { test } from "node:test";
import { ServiceError } from "../../core/errors.ts";
import type { FileSource } from "../../core/files.ts";
import type { Storage } from "../../core/storage.ts";
import {
  type Applied,
  apply,
  eas,
  type EasDeployOptions,
  InferenceSpec,
  Model,
  plan,
} from "../../plugins/deploy/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { withMultipart } from "../../plugins/storage/multipart.ts";
import { contentsOf, type WatchedCloud, watchedCloud } from "../support/watched_cloud.ts";

const handlers = { iris: () => new Response("ok") };
const files = { "a.bin": "aaaa", "b.bin": "bbbb", "c/d.bin": "dddd" };
const options: EasDeployOptions = { serviceName: "iris", instanceType: "ecs.c6.large" };

function model(source: FileSource | undefined = fromMap(files), config: Record<string, unknown> = {}): Model {
  const inferenceSpec = new InferenceSpec({
    containers: [{ image: "registry.example.com/iris:1", port: 8000, script: "serve" }],
    ...config,
  });
  return new Model({ modelData: source, inferenceSpec });
}

const specOnly = (config: Record<string, unknown> = {}): Model => {
  const containers = [{ image: "registry.example.com/iris:1", port: 8000, script: "serve" }];
  return new Model({ inferenceSpec: new InferenceSpec({ containers, ...config }) });
};

const targetOf = ({ client, bucket }: WatchedCloud, storage: Storage = bucket) => eas(client, { storage });

/** The last update that was asked for. */
function lastUpdate({ seen }: WatchedCloud): { type: string | null; body: unknown } {
  const { query, body } = seen.findLast(({ what }) => what === "UpdateService")!; // there is one where it is asked
  return { type: query.get("UpdateType"), body };
}

test("apply creates a service, and a second time sends nothing but questions", async () => {
  const watched = watchedCloud({ handlers });
  const first = await apply(targetOf(watched), model(), options);
  assert.equal(first.plan.action, "create");
  assert.equal(first.service.name, "iris");
  assert.equal(await (await first.service.predictor().rawPredict("x")).text(), "ok");
  assert.ok(watched.writes().includes("CreateService"));
  const before = await contentsOf(watched);

  for (const again of [model(), model(fromMap(Object.fromEntries(Object.entries(files).reverse())))]) {
    const second: Applied = await apply(targetOf(watched), again, options);
    assert.deepEqual(watched.writes(), []);
    assert.equal(second.plan.action, "none");
    assert.deepEqual(second.plan.uploads.map(({ present }) => present), [true]);
    assert.equal(await (await second.service.predictor().rawPredict("x")).text(), "ok");
    assert.equal(String(await plan(targetOf(watched), again, options)), String(second.plan));
  }
  assert.deepEqual(await contentsOf(watched), before);
});

test("apply does not wait for a service that runs as it should, nor probe it", async () => {
  const watched = watchedCloud({ handlers });
  await apply(targetOf(watched), specOnly(), options);
  const time = watched.client.clock.now();
  watched.meddle((url, init) => {
    assert.ok(!url.includes("/api/predict/"), "the gateway is not asked");
    return watched.cloud.fetch(url, init);
  });
  await apply(targetOf(watched), specOnly(), options);
  assert.equal(watched.client.clock.now(), time);
  assert.deepEqual(watched.seen.slice(-1).map(({ what }) => what), ["DescribeService"]);
});

test("apply sends what has changed and no more, so that more instances are only more instances", async () => {
  const watched = watchedCloud({ handlers });
  await apply(targetOf(watched), model(), options);
  watched.writes();
  const { plan } = await apply(targetOf(watched), model(), { ...options, instanceCount: 3 });
  assert.deepEqual(watched.writes(), ["UpdateService"]);
  assert.deepEqual(lastUpdate(watched), { type: "merge", body: { metadata: { instance: 3 } } });
  assert.deepEqual(plan.changes, [{ path: "metadata.instance", from: 1, to: 3, restarts: false }]);

  const env = [{ name: "THREADS", value: "4" }];
  const containers = [{ image: "registry.example.com/iris:1", port: 8000, script: "serve", env }];
  await apply(targetOf(watched), model(undefined, { containers }), options);
  assert.deepEqual(lastUpdate(watched), { type: "merge", body: { containers } });
  assert.equal(
    (await apply(targetOf(watched), model(undefined, { containers }), options)).plan.action,
    "none",
  );
});

test("apply uploads a model that has changed beside the old one, and points the service to it", async () => {
  const watched = watchedCloud({ handlers });
  await apply(targetOf(watched), model(), options);
  watched.writes();
  const changed = fromMap({ ...files, "b.bin": "BBBB" });
  const { plan } = await apply(targetOf(watched), model(changed), options);
  assert.deepEqual(plan.changes.map(({ path }) => path), ['storage["/eas/workspace/model"].oss.path']);
  assert.deepEqual(watched.writes().filter((what) => what !== "PUT"), ["UpdateService"]);
  const objects = (await contentsOf(watched)).filter((what) => what.startsWith("object"));
  assert.equal(objects.length, 6);
  const back = await apply(targetOf(watched), model(), options);
  assert.deepEqual(watched.writes(), ["UpdateService"], "the old files are there still");
  assert.equal(back.plan.uploads[0]?.present, true);
});

test("apply removes keys that are wanted no more, and leaves those that the service has added", async () => {
  const watched = watchedCloud({ handlers });
  const { client } = watched;
  const rpc = { keepalive: 1000, rate_limit: 7 };
  await apply(targetOf(watched), specOnly({ token: "t".repeat(40), metadata: { rpc } }), options);
  await client.call("UpdateService", { // as the service itself may do
    method: "PUT",
    path: "/api/v2/services/cn-hangzhou/iris",
    body: { metadata: { owner_uid: "1", rpc: { io_threads: 4 } }, added_by_service: { x: 1 } },
  });
  const token = (await client.predictor("iris")).toString();
  assert.equal(
    (await apply(targetOf(watched), specOnly({ metadata: { rpc } }), options)).plan.action,
    "none",
  );

  const { plan, service } = await apply(
    targetOf(watched),
    specOnly({ metadata: { rpc: { keepalive: 1000 } } }),
    options,
  );
  assert.deepEqual(plan.changes, [{ path: "metadata.rpc.rate_limit", from: 7, restarts: true }]);
  assert.equal(lastUpdate(watched).type, "replace");
  const { config } = await service.describe();
  assert.deepEqual(config.metadata, {
    instance: 1,
    owner_uid: "1",
    rpc: { keepalive: 1000, io_threads: 4 },
  });
  assert.deepEqual((config as Record<string, unknown>).added_by_service, { x: 1 });
  assert.equal((await client.predictor("iris")).toString(), token);
  const raw = lastUpdate(watched).body as { token?: string };
  assert.equal(raw.token, "t".repeat(40), "callers go on with the token that they have");
  watched.writes();
  await apply(targetOf(watched), specOnly({ metadata: { rpc: { keepalive: 1000 } } }), options);
  assert.deepEqual(watched.writes(), []);
});

test("apply changes labels without the configuration, and leaves them alone when nobody speaks of them", async () => {
  const watched = watchedCloud({ handlers });
  const labelled = { ...options, labels: { team: "vision", stage: "test" } };
  const { service } = await apply(targetOf(watched), specOnly(), labelled);
  watched.writes();
  await apply(targetOf(watched), specOnly(), options);
  assert.deepEqual(watched.writes(), []);
  await apply(targetOf(watched), specOnly(), { ...options, labels: { team: "speech" } });
  assert.deepEqual(watched.writes(), ["UpdateServiceLabel", "DeleteServiceLabel"]);
  assert.deepEqual((await service.describe()).labels, { team: "speech" });
  await apply(targetOf(watched), specOnly(), { ...options, labels: { team: "speech" } });
  assert.deepEqual(watched.writes(), []);
});

test("apply goes on where an upload was broken off, and sends no file twice", async () => {
  for (let broken = 1; broken <= 3; broken++) {
    const watched = watchedCloud({ handlers });
    let puts = 0;
    const storage: Storage = {
      ...watched.bucket,
      bucket: watched.bucket.bucket,
      head: (...args) => watched.bucket.head(...args),
      list: (...args) => watched.bucket.list(...args),
      get: (...args) => watched.bucket.get(...args),
      delete: (...args) => watched.bucket.delete(...args),
      async put(...args) {
        if (++puts >= broken) throw new Error("the process has died");
        return await watched.bucket.put(...args);
      },
    };
    await assert.rejects(apply(targetOf(watched, storage), model(), options), /the process has died/);
    const left = await contentsOf(watched);
    assert.ok(left.every((what) => what.startsWith("object pai/model_data/")));
    assert.ok(left.length < 3, "some file is missing");
    const { missing } = { missing: 3 - left.length };
    watched.writes();
    const { plan }: Applied = await apply(targetOf(watched), model(), options);
    assert.equal(plan.uploads[0]?.present, false);
    const question = 1;
    assert.equal(watched.writes().filter((what) => what === "PUT").length, missing + question);
    assert.equal((await contentsOf(watched)).length, 4);
  }
});

test("apply finds files again that were sent in parts", async () => {
  const watched = watchedCloud({ handlers });
  const target = targetOf(watched, withMultipart(watched.bucket, { partSize: 102_400 }));
  const large = model(fromMap({ "large.bin": new Uint8Array(250_000), "small.bin": "s" }));
  await apply(target, large, options);
  assert.ok(watched.seen.some(({ query }) => query.has("uploadId")));
  watched.writes();
  const { plan } = await apply(target, large, options);
  assert.equal(plan.uploads[0]?.present, true);
  assert.deepEqual(watched.writes(), []);
});

const damages: Record<string, (bucket: WatchedCloud["bucket"], key: string) => Promise<unknown>> = {
  "is gone": (bucket, key) => bucket.delete(key),
  "was cut short": (bucket, key) => bucket.put(key, "bb"),
  "was replaced by another of its length": (bucket, key) => bucket.put(key, "xxxx"),
  "was replaced by another that says to be what it is not": (bucket, key) =>
    bucket.put(key, "xxxxx", { metadata: { sha256: "0".repeat(64) } }),
};

for (const [what, damage] of Object.entries(damages)) {
  test(`apply puts an object back that ${what}, though the service needs no change`, async () => {
    const watched = watchedCloud({ handlers });
    await apply(targetOf(watched), model(), options);
    const [, object = ""] = (await contentsOf(watched)).find((line) => line.endsWith("b.bin"))!.split(" "); // it was uploaded
    await damage(watched.bucket, object);
    watched.writes();
    const { plan } = await apply(targetOf(watched), model(), options);
    assert.match(String(plan), /as it should be; only its files are uploaded again/);
    assert.deepEqual(watched.writes(), ["PUT", "PUT"], "a question, and the file");
    assert.equal(await (await watched.bucket.get(object)).text(), "bbbb");
    assert.equal((await apply(targetOf(watched), model(), options)).plan.uploads[0]?.present, true);
    assert.deepEqual(watched.writes(), []);
  });
}

test("apply refuses a file that has changed since it was hashed, and no object comes of it", async () => {
  const watched = watchedCloud({ handlers });
  let opened = 0;
  const source: FileSource = {
    label: "./model",
    kind: () => Promise.resolve("directory"),
    digest: () => Promise.reject(new Error("not asked")),
    async *[Symbol.asyncIterator]() {
      const open = () => new Blob([opened++ < 2 ? "the weights" : "THE WEIGHTS"]).stream();
      yield await Promise.resolve({ path: "m.bin", size: 11, open });
    },
  };
  await assert.rejects(
    apply(targetOf(watched), model(source), options),
    /"m\.bin": its content is no longer/,
  );
  assert.deepEqual(await contentsOf(watched), []);
});

test("applies at the same time come to one service, and none of them fails", async () => {
  for (const count of [2, 5]) {
    const watched = watchedCloud({ handlers });
    const all: Applied[] = await Promise.all(
      Array.from({ length: count }, () => apply(targetOf(watched), model(), options)),
    );
    assert.equal(
      watched.seen.filter(({ what, body }) => what === "CreateService" && JSON.stringify(body) !== "{}")
        .length >= 1,
      true,
    );
    assert.deepEqual(new Set(all.map(({ service }) => service.name)), new Set(["iris"]));
    assert.equal((await contentsOf(watched)).length, 4);
    watched.writes();
    await apply(targetOf(watched), model(), options);
    assert.deepEqual(watched.writes(), []);
  }
});

test("applies of different wishes at the same time never mix them", async () => {
  const watched = watchedCloud({ handlers });
  await apply(targetOf(watched), specOnly(), options);
  const wishes = [1, 2].map((n) =>
    specOnly({
      metadata: { rpc: n === 1 ? { keepalive: 1000 } : { rate_limit: 2 } },
      ...(n === 1 ? { unit: { size: 4 } } : {}),
    })
  );
  const ends = await Promise.allSettled(wishes.map((wish) => apply(targetOf(watched), wish, options)));
  for (const end of ends) {
    if (end.status === "rejected") {
      assert.match(`${end.reason}`, /somebody else is changing it; run it again/);
    }
  }
  const fulfilled = wishes.filter((_, index) => ends[index]!.status === "fulfilled");
  const actions = await Promise.all(
    fulfilled.map(async (wish) => (await plan(targetOf(watched), wish, options)).action),
  );
  assert.ok(
    fulfilled.length === 0 || actions.includes("none"),
    "what has come about is what one of them wanted",
  );
  for (const wish of wishes) {
    await apply(targetOf(watched), wish, options);
    assert.equal((await plan(targetOf(watched), wish, options)).action, "none");
  }
});

test("apply tells of a change that somebody else makes meanwhile, and takes it into account", async () => {
  const watched = watchedCloud({ handlers });
  await apply(targetOf(watched), specOnly(), options);
  let others = 0;
  watched.meddle(async (url, init) => {
    const action = new Headers(init.headers).get("x-acs-action");
    const response = await watched.cloud.fetch(url, init);
    if (action === "DescribeService" && others++ === 0) {
      watched.meddle(watched.cloud.fetch);
      await watched.client.call("UpdateService", {
        method: "PUT",
        path: "/api/v2/services/cn-hangzhou/iris",
        body: { metadata: { rpc: { keepalive: 77 } } },
      });
    }
    return response;
  });
  const { plan } = await apply(
    targetOf(watched),
    specOnly({ metadata: { rpc: { rate_limit: 5 } } }),
    options,
  );
  assert.deepEqual(plan.changes.map(({ path }) => path), [
    "metadata.rpc.rate_limit",
    "metadata.rpc.keepalive",
  ]);
});

test("apply leaves a service that fails its update where it is, and tells how to go back", async () => {
  const watched = watchedCloud({ handlers: { pmml: handlers.iris } });
  const good = new Model({
    inferenceSpec: new InferenceSpec({ processor: "pmml", model_path: "oss://my-bucket/iris.pmml" }),
  });
  await apply(targetOf(watched), good, options);
  const broken = new Model({
    inferenceSpec: new InferenceSpec({ processor: "xgboost", model_path: "oss://my-bucket/none.json" }),
  });
  await assert.rejects(apply(targetOf(watched), broken, options), (error) => {
    assert.ok(error instanceof ServiceError);
    assert.match(
      error.message,
      /Cannot apply service "iris": .*; the service is not deleted; go back with switchVersion\(service, 1\)/,
    );
    return true;
  });
  assert.deepEqual(await contentsOf(watched), ["service iris"]);
});

test("apply gives a stopped service its configuration and lets it rest", async () => {
  const watched = watchedCloud({ handlers });
  const { service } = await apply(targetOf(watched), specOnly(), options);
  await service.stop();
  const { plan } = await apply(targetOf(watched), specOnly(), { ...options, instanceCount: 2 });
  assert.equal(plan.action, "update");
  const { status, config } = await service.describe();
  assert.deepEqual([status, config.metadata?.instance], ["Stopped", 2]);
  assert.equal(
    (await apply(targetOf(watched), specOnly(), { ...options, instanceCount: 2 })).plan.action,
    "none",
  );
});

test("apply without wait returns when the change is asked for", async () => {
  const watched = watchedCloud({ handlers });
  const time = watched.client.clock.now();
  await apply(targetOf(watched), specOnly(), { ...options, wait: false });
  await apply(targetOf(watched), specOnly(), { ...options, wait: false, instanceCount: 2 });
  assert.ok(watched.client.clock.now() - time < 2000);
});
