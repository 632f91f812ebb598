import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fetch } from "../../core/fetch.ts";
import { apply, eas, type EasDeployOptions, InferenceSpec, Model } from "../../plugins/deploy/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { contentsOf, type WatchedCloud, watchedCloud } from "../support/watched_cloud.ts";

const handlers = { iris: () => new Response("ok") };
const containers = [{ image: "registry.example.com/iris:1", port: 8000, script: "serve" }];
const options: EasDeployOptions = { serviceName: "iris", instanceType: "ecs.c6.large" };
const model = new Model({
  modelData: fromMap({ "model.bin": "weights" }),
  inferenceSpec: new InferenceSpec({ containers }),
});

interface Denied {
  name: string;
  /** Whether a request is refused. */
  deny: (action: string | null, method: string, url: URL) => boolean;
  says: RegExp;
  /** Whether only `apply` asks for this. */
  applyOnly?: boolean;
}

const isOss = ({ host }: URL): boolean => host.startsWith("my-bucket.");
const denials: Denied[] = [
  {
    name: "look at the service",
    deny: (action) => action === "DescribeService",
    says: /Cannot \w+ service "iris": DescribeService is refused \(Forbidden\.RAM.*grant eas:DescribeService/,
  },
  {
    name: "create services",
    deny: (action) => action === "CreateService",
    says: /Cannot \w+ service "iris": CreateService is refused \(Forbidden\.RAM.*grant eas:CreateService/,
  },
  {
    name: "write objects",
    deny: (_, method, url) => method === "PUT" && isOss(url),
    says:
      /its files may not be written to "oss:\/\/my-bucket\/pai\/model_data\/.*AccessDenied.*grant oss:PutObject/,
  },
  {
    name: "look at objects",
    deny: (_, method, url) => method === "HEAD" && isOss(url),
    says: /Cannot describe "oss:\/\/my-bucket\//,
    applyOnly: true,
  },
];

function denying({ cloud }: WatchedCloud, deny: Denied["deny"]): Fetch {
  return (url, init) => {
    const { method = "GET", headers } = init;
    if (!deny(new Headers(headers).get("x-acs-action"), method, new URL(url))) return cloud.fetch(url, init);
    if (!isOss(new URL(url))) return Response.json({ Code: "Forbidden.RAM", Message: "no" }, { status: 403 });
    return new Response("<Error><Code>AccessDenied</Code><Message>no</Message></Error>", { status: 403 });
  };
}

const runs = {
  deploy: ({ client, bucket }: WatchedCloud, given: EasDeployOptions) =>
    model.deploy(eas(client, { storage: bucket }), given),
  apply: ({ client, bucket }: WatchedCloud, given: EasDeployOptions) =>
    apply(eas(client, { storage: bucket }), model, given),
};

for (const [verb, run] of Object.entries(runs)) {
  for (const { name, deny, says } of denials.filter(({ applyOnly }) => !applyOnly || verb === "apply")) {
    test(`${verb} finds out that it may not ${name} before the first byte is sent`, async () => {
      const watched = watchedCloud({ handlers });
      watched.meddle(denying(watched, deny));
      const heard: string[] = [];
      const onProgress: EasDeployOptions["onProgress"] = ({ stage }) => heard.push(stage);
      await assert.rejects(run(watched, { ...options, onProgress }), says);
      assert.ok(!heard.includes("upload"));
      assert.deepEqual(await contentsOf(watched), []);
    });
  }

  test(`${verb} finds out that there is no such bucket before anything is sent`, async () => {
    const watched = watchedCloud({ handlers, buckets: ["another-bucket"] });
    const heard: string[] = [];
    const onProgress: EasDeployOptions["onProgress"] = ({ stage }) => heard.push(stage);
    await assert.rejects(run(watched, { ...options, onProgress }), {
      name: "StorageError",
      code: "NoSuchBucket",
      message: /^Cannot (?:upload to|describe) "oss:\/\/my-bucket\/.*": NoSuchBucket/,
    });
    assert.ok(!heard.includes("upload"));
  });

  test(`${verb} refuses a wrong configuration before the first request`, async () => {
    const watched = watchedCloud({ handlers });
    const wrong = { ...options, options: { "metadata.cpu": -1, unknown_key: 1 } };
    const warnings: string[] = [];
    const onProgress: EasDeployOptions["onProgress"] = ({ stage, message }) =>
      stage === "check" && warnings.push(message);
    await assert.rejects(run(watched, { ...wrong, onProgress }), { name: "InvalidConfigError" });
    assert.deepEqual(watched.seen, []);
  });

  test(`${verb} waits for the name of a service that is being deleted`, async () => {
    const watched = watchedCloud({ handlers, delays: { delete: 5_000 } });
    const service = await model.deploy(eas(watched.client, { storage: watched.bucket }), options);
    await service.delete();
    await run(watched, options);
    assert.ok((await contentsOf(watched)).includes("service iris"));
  });
}

test("deploy asks for permissions only when there are files to send", async () => {
  const watched = watchedCloud({ handlers });
  const target = eas(watched.client, { storage: watched.bucket });
  await new Model({ inferenceSpec: new InferenceSpec({ containers }) }).deploy(target, options);
  assert.deepEqual(watched.writes(), ["CreateService"]);
});

test("a question whether it may write leaves nothing, also where checksums are not looked at", async () => {
  const watched = watchedCloud({ handlers });
  watched.meddle((url, init) => {
    const headers = new Headers(init.headers);
    if (!headers.has("content-md5")) return watched.cloud.fetch(url, init);
    return new Response(null, { headers: { etag: '"x"' } });
  });
  await model.deploy(eas(watched.client, { storage: watched.bucket }), options);
  assert.deepEqual(watched.writes(), ["PUT", "DELETE", "CreateService", "PUT", "CreateService"]);
});
