import assert from "node:assert/strict";
import { parseOssUri } from "../../../core/oss-uri.ts";
import type { FileSource } from "../../../core/files.ts";
import {
  apply as applyModel,
  eas,
  type EasDeployOptions,
  InferenceSpec,
  Model,
} from "../../../plugins/deploy/mod.ts";
import { fromMap } from "../../../plugins/storage/map.ts";
import { memory } from "../../../plugins/storage/memory.ts";
import { type FakeEas, fakeEas, type FakeScript } from "../../support/fake_eas.ts";
import type { ReferenceCase } from "./cases.ts";

const large = { instanceType: "ecs.c6.large" };
const computing = { computing: { instance_type: "ecs.c6.large" } };

/** Deploys a model of a processor, and tells what the control plane was asked. */
async function deployed(
  options: EasDeployOptions,
  { script = {}, processor = "pmml" }: { script?: FakeScript; processor?: string } = {},
): Promise<FakeEas & { messages: string[] }> {
  const cloud = fakeEas(script);
  const messages: string[] = [];
  const model = new Model({
    modelData: "oss://b/path/model.pmml",
    inferenceSpec: new InferenceSpec({ processor }),
  });
  await model.deploy(eas(cloud.client), {
    serviceName: "svc",
    onProgress: ({ message }) => messages.push(message),
    ...options,
  });
  return { ...cloud, messages };
}

const deployRows: ReferenceCase[] = [
  {
    id: "T-40",
    title: "gpu and gpuMemory are both sent, with a warning; no GPU is not sent",
    async run() {
      const both = await deployed({ resourceConfig: { cpu: 2, memory: 4000, gpu: 1, gpuMemory: 3 } });
      assert.deepEqual(both.body().metadata, { instance: 1, cpu: 2, memory: 4000, gpu: 1, gpu_memory: 3 });
      assert.ok(both.messages.some((message) => /gpu and gpuMemory are both given/.test(message)));
      const none = await deployed({ resourceConfig: { cpu: 2, memory: 4000, gpu: 0 } });
      assert.deepEqual(none.body().metadata, { instance: 1, cpu: 2, memory: 4000 });
      assert.ok(!none.messages.some((message) => /gpuMemory/.test(message)));
    },
  },
  {
    id: "T-43",
    title: "options come last: they may change the name and add objects",
    async run() {
      const options = {
        name: "other",
        "metadata.rpc": { keepalive: 5000 },
        "metadata.rpc.rate_limit": 3,
        x: { "y.z": 1 },
      };
      const { body, calls } = await deployed({ ...large, options });
      assert.deepEqual(body(), {
        processor: "pmml",
        model_path: "oss://b/path/model.pmml",
        name: "other",
        metadata: { instance: 1, rpc: { keepalive: 5000, rate_limit: 3 } },
        cloud: { computing: { instance_type: "ecs.c6.large" } },
        x: { "y.z": 1 },
      });
      assert.equal(calls.at(-1)?.path, "/api/v2/services/cn-hangzhou/other");
    },
  },
  {
    id: "T-44",
    title: "labels are a query, as JSON; without labels there is no query",
    async run() {
      const query = ({ calls }: FakeEas) => calls.find(({ action }) => action === "CreateService")?.query;
      assert.deepEqual(query(await deployed({ ...large, labels: { a: "b" } })), { Labels: '{"a":"b"}' });
      assert.equal(query(await deployed(large)), undefined);
      assert.equal(query(await deployed({ ...large, labels: {} })), undefined);
    },
  },
  {
    id: "T-47",
    title: "a service that runs already is not waited for",
    async run() {
      const { sleeps, actions, probes } = await deployed(large, { script: { create: ["Running"] } });
      assert.deepEqual(sleeps, []);
      assert.deepEqual(actions(), ["DescribeService", "CreateService", "DescribeService"]);
      // Where the reference trusts the state, one request finds out whether the gateway knows the service.
      assert.equal(probes.length, 1);
      // One that was deployed before, and is as it should be, is believed.
      const config = { name: "svc", processor: "pmml", metadata: { instance: 1 }, cloud: computing };
      const there = fakeEas({ exists: true, reply: { ServiceConfig: JSON.stringify(config) } });
      const inferenceSpec = new InferenceSpec({ processor: "pmml" });
      await applyModel(eas(there.client), new Model({ inferenceSpec }), { serviceName: "svc", ...large });
      assert.deepEqual([there.sleeps, there.probes, there.actions()], [[], [], ["DescribeService"]]);
    },
  },
];

const hangzhou = "oss-cn-hangzhou.aliyuncs.com";

/** What an address is, and the folder that is mounted for it. */
const addresses: [address: string, parts: unknown, folder?: string][] = [
  ["oss://b/k/a.txt", { bucket: "b", key: "k/a.txt" }, "oss://b/k/"],
  [`oss://b.${hangzhou}/k/a.txt`, { bucket: "b", key: "k/a.txt", endpoint: hangzhou }, "oss://b/k/"],
  ["oss://b", { bucket: "b", key: "" }, "oss://b/"],
  ["oss://b/", { bucket: "b", key: "" }, "oss://b/"],
  [
    `oss://b/k/?endpoint=${hangzhou}&role_arn=R`,
    { bucket: "b", key: "k/", endpoint: hangzhou },
    "oss://b/k/",
  ],
  ["oss://b/k?host=h.x", { bucket: "b", key: "k", endpoint: "h.x" }, "oss://b/k/"],
  ["oss://b/k", { bucket: "b", key: "k" }, "oss://b/k/"], // the reference mounts the folder around it
  ["oss://b/a b/c#d?x", { bucket: "b", key: "a b/c#d?x" }, "oss://b/a b/c#d?x/"], // it loses what follows the "#"
  ["oss://b/a%20b/中文", { bucket: "b", key: "a%20b/中文" }, "oss://b/a%20b/中文/"],
  ["oss://MyBucket/K", TypeError], // no bucket has such a name; it would look into another
  ["oss:///k", TypeError],
  ["s3://b/k", TypeError],
];

function checkAddress(address: string, parts: unknown, folder?: string): void {
  if (parts === TypeError) return void assert.throws(() => parseOssUri(address), TypeError, address);
  assert.deepEqual(parseOssUri(address), parts, address);
  const spec = new InferenceSpec().mount(address as `oss://${string}`, "/mnt/"); // just parsed
  const [entry] = spec.toJSON().storage ?? [];
  assert.equal(entry?.oss?.path, folder, address);
}

const single = (path: string, content: string): FileSource => ({
  ...fromMap({ [path]: content }),
  kind: () => Promise.resolve("file"),
});

/** Uploads a model for a processor or a container, and tells its address and the keys, with the folder's name replaced. */
async function uploaded(
  modelData: FileSource,
  config: object,
): Promise<{ address: unknown; keys: string[] }> {
  const cloud = fakeEas();
  const storage = memory({ bucket: "my-bucket" });
  const model = new Model({ modelData, inferenceSpec: new InferenceSpec({ ...config }) });
  await model.deploy(eas(cloud.client, { storage }), { serviceName: "svc", ...large });
  const keys = (await Array.fromAsync(storage.list())).map(({ key }) => key);
  const { model_path, storage: [mount] = [] } = cloud.body() as {
    model_path?: string;
    storage?: { oss: { path: string } }[];
  }; // as the two kinds of services have it
  const named = (text: string | undefined) =>
    text?.replace(/(?<=\/model_data\/)\d{8}_\d{6}_\d{6}(?=\/)/, "<time>");
  return { address: named(model_path ?? mount?.oss.path), keys: keys.map((key) => named(key)!) };
}

const container = { containers: [{ image: "i", port: 8000, script: "c" }] };
const folder = "pai/model_data/<time>/";

const ossRows: ReferenceCase[] = [
  {
    id: "T-69",
    title: "addresses are split at their first slash, and mount exactly the folder that they name",
    run: () => addresses.forEach((row) => checkAddress(...row)),
  },
  {
    id: "T-70",
    title: "a file becomes one object of its name, a folder all of its files, and no files are an error",
    async run() {
      assert.deepEqual(await uploaded(single("model.json", "{}"), { processor: "xgboost" }), {
        address: `oss://my-bucket/${folder}model.json`,
        keys: [`${folder}model.json`],
      });
      assert.deepEqual(await uploaded(single("model.json", "{}"), container), {
        address: `oss://my-bucket/${folder}`,
        keys: [`${folder}model.json`],
      });
      // Names with dots and glob characters are files like others; the reference leaves them out.
      const files = fromMap({ "a.txt": "a", "sub/b [1].txt": "b", ".env/c": "c" });
      assert.deepEqual(await uploaded(files, { processor: "xgboost" }), {
        address: `oss://my-bucket/${folder}`,
        keys: [`${folder}.env/c`, `${folder}a.txt`, `${folder}sub/b [1].txt`],
      });
      const none: FileSource = { ...files, label: "./empty", async *[Symbol.asyncIterator]() {} };
      await assert.rejects(
        uploaded(none, { processor: "xgboost" }),
        /TypeError: Cannot deploy "\.\/empty": it has no files/,
      );
    },
  },
];

/** T-40, T-43, T-44, T-47, T-69, T-70: the body of a deployment, its calls, and uploads. */
export const apply: ReferenceCase[] = [...deployRows, ...ossRows];
