import assert from "node:assert/strict";
import { test } from "node:test";
import { type Client, createClient } from "../../core/client.ts";
import { apply, containerServingSpec, eas, InferenceSpec, plan } from "../../plugins/deploy/mod.ts";
import {
  deleteModel,
  getModel,
  listModels,
  listModelVersions,
  RegisteredModel,
  registerModel,
} from "../../plugins/deploy/models.ts";
import { hasMethods } from "../../plugins/deploy/registry/inference-methods.ts";
import { type Emulator, emulator } from "../../plugins/emulator/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { oss } from "../../plugins/storage/oss.ts";
import { fakeClock } from "../support/fake_clock.ts";

interface Setup {
  client: Client;
  /** Bodies and labels of the services that were asked for. */
  created: { config: Record<string, unknown>; labels: Record<string, string> }[];
}

function setup(): Setup {
  const handlers = { echo: () => Response.json("ok") };
  const cloud: Emulator = emulator({ clock: fakeClock(), handlers: { pmml: handlers.echo, ...handlers } });
  const created: Setup["created"] = [];
  const client = createClient({
    ...cloud,
    fetch(url, init) {
      const { pathname, searchParams } = new URL(url);
      if (pathname === "/api/v2/services" && init.method === "POST") {
        created.push({
          config: JSON.parse(new TextDecoder().decode(init.body as Uint8Array)),
          labels: JSON.parse(searchParams.get("Labels") ?? "{}"),
        });
      }
      return cloud.fetch(url, init);
    },
  });
  return { client, created };
}

const pmml = (): InferenceSpec => new InferenceSpec({ processor: "pmml" });
const iris = { name: "iris", modelData: "oss://my-bucket/iris.pmml" } as const;

test("registerModel() makes a model, then adds versions, and getModel() finds the latest and any", async () => {
  const { client } = setup();
  const first = await registerModel(client, {
    ...iris,
    inferenceSpec: pmml(),
    frameworkType: "Xflow",
    formatType: "PMML",
    approvalStatus: "Approved",
    versionLabels: { stage: "test" },
    metrics: { auc: 0.9 },
    model: { domain: "tabular", task: "classification", labels: { team: "a b" }, description: "Irises" },
  });
  assert.deepEqual(
    [first.name, first.version, first.uri, first.frameworkType, first.formatType, first.approvalStatus],
    ["iris", "0.1.0", "oss://my-bucket/iris.pmml", "Xflow", "PMML", "Approved"],
  );
  assert.deepEqual(
    [first.domain, first.task, first.labels, first.versionLabels, first.provider, first.methods],
    ["tabular", "classification", { team: "a b" }, { stage: "test" }, undefined, []],
  );
  assert.equal((await registerModel(client, iris)).version, "0.2.0");
  assert.equal((await registerModel(client, { ...iris, version: "1.0.0_beta" })).version, "1.0.0_beta");
  const latest = await getModel(client, "iris");
  assert.deepEqual([latest.id, latest.version], [first.id, "1.0.0_beta"]);
  const old = await getModel(client, "iris", { version: "0.1.0" });
  assert.deepEqual([old.version, old.inferenceSpec().toJSON()], [
    "0.1.0",
    { processor: "pmml", model_path: "oss://my-bucket/iris.pmml" },
  ]);
  assert.equal(`${old}`, 'RegisteredModel "iris" 0.1.0');
  const versions = await Array.fromAsync(listModelVersions(client, latest), ({ version }) => version);
  assert.deepEqual(versions, ["1.0.0_beta", "0.2.0", "0.1.0"]);
});

test("registerModel() refuses what can't be registered before it sends anything", async () => {
  const client = createClient({ ...emulator(), fetch: () => assert.fail("a request was sent") });
  const rows: [wrong: Record<string, unknown>, message: RegExp][] = [
    [{ name: "" }, /without a name/],
    [{ modelData: "./model" }, /^Cannot register the model "iris": .*fromDisk\("\.\/model"\)/],
    [{ modelData: fromMap({ a: "1" }, { label: "./model" }) }, /no storage to upload "\.\/model" to/],
    [{ version: "1" }, /the version "1" must be like 1\.0\.0/],
    [
      { inferenceSpec: new InferenceSpec({ processor: "pmml" }).setModelData(fromMap({ a: "1" })) },
      /wait for an upload/,
    ],
  ];
  for (const [wrong, message] of rows) {
    await assert.rejects(registerModel(client, { ...iris, ...wrong }), { name: "TypeError", message });
  }
});

test("registerModel() uploads files once, and the service that is made of them finds them", async () => {
  const { client, created } = setup();
  const storage = oss(client, { bucket: "emulator-bucket" });
  const keys = () => Array.fromAsync(storage.list(), ({ key }) => key);
  const files = {
    modelData: fromMap({ "iris.pmml": "<PMML/>", "notes/a.txt": "a" }),
    storage,
    inferenceSpec: pmml(),
  };
  const steps: string[] = [];
  const first = await registerModel(client, {
    name: "iris",
    ...files,
    onProgress: ({ stage }) => steps.push(stage),
  });
  assert.match(first.uri ?? "", /^oss:\/\/emulator-bucket\/pai\/model_data\/[0-9a-f]{64}\/$/);
  const stored = await keys();
  assert.deepEqual(stored.map((key) => `oss://emulator-bucket/${key}`), [
    `${first.uri}iris.pmml`,
    `${first.uri}notes/a.txt`,
  ]);
  assert.deepEqual([...new Set(steps)], ["hash", "upload"]);
  steps.length = 0;
  const second = await registerModel(client, {
    name: "iris",
    ...files,
    onProgress: ({ stage }) => steps.push(stage),
  });
  assert.deepEqual([second.version, second.uri, await keys()], ["0.2.0", first.uri, stored]);
  assert.ok(!steps.includes("upload"));
  await second.deploy(eas(client), { serviceName: "iris", wait: false });
  assert.equal(created[0]?.config.model_path, first.uri);

  const aborted = registerModel(client, {
    name: "iris",
    ...files,
    signal: AbortSignal.abort(new Error("enough")),
  });
  await assert.rejects(aborted, /enough/);
});

test("registerModel() passes on that a version is there", async () => {
  const { client } = setup();
  await registerModel(client, { ...iris, version: "1.0.0" });
  await assert.rejects(registerModel(client, { ...iris, version: "1.0.0" }), {
    name: "ApiError",
    code: "ModelVersionAlreadyExists",
  });
});

test("getModel() takes the exact name only, and says what is missing", async () => {
  const { client } = setup();
  await registerModel(client, { ...iris, name: "iris-2" });
  await assert.rejects(getModel(client, "iris"), {
    code: "ModelNotFound",
    message: /"iris": there is none; look/,
  });
  await assert.rejects(getModel(client, "iris-2", { provider: "pai" }), {
    message: /none of provider "pai"/,
  });
  await assert.rejects(getModel(client, "iris-2", { version: "9.0.0" }), { code: "ModelVersionNotFound" });
  await assert.rejects(getModel(client, ""), TypeError);
  await client.call("CreateModel", {
    product: "aiworkspace",
    method: "POST",
    path: "/api/v1/models",
    body: { ModelName: "empty" },
  });
  await assert.rejects(getModel(client, "empty"), {
    code: "ModelNotFound",
    message: /no version; register one/,
  });
});

test("listModels() lists the caller's own, the newest first, or PAI's, by name, task and domain", async () => {
  const { client } = setup();
  for (let i = 0; i < 55; i++) await registerModel(client, { ...iris, name: `model-${i}` });
  const own = await Array.fromAsync(listModels(client), ({ name }) => name);
  assert.equal(own.length, 55);
  assert.equal(own[0], "model-54");
  assert.equal((await Array.fromAsync(listModels(client, { name: "model-5" }))).length, 6);
  const pai = await Array.fromAsync(listModels(client, { provider: "pai", task: "large-language-model" }));
  assert.deepEqual(pai.map(({ name, version, methods }) => [name, version, methods]), [
    ["emulated-chat-0.5b", "0.1.0", ["vllm", "webui"]],
  ]);
  assert.equal((await Array.fromAsync(listModels(client, { provider: "pai", domain: "cv" }))).length, 0);
  assert.equal((await Array.fromAsync(listModels(client, { workspaceId: "9" }))).length, 0);
});

test("deleteModel() deletes a version, or all of them", async () => {
  const { client } = setup();
  const first = await registerModel(client, iris);
  const second = await registerModel(client, iris);
  await deleteModel(client, second);
  assert.equal((await getModel(client, "iris")).version, first.version);
  await deleteModel(client, first, { allVersions: true });
  await assert.rejects(getModel(client, "iris"), { code: "ModelNotFound" });
  const bare = new RegisteredModel({ ModelId: "m", ModelName: "bare" });
  await assert.rejects(deleteModel(client, bare), { name: "TypeError", message: /has none; pass/ });
});

test("deploy() of a registered processor alone deploys it, with its files and no tags", async () => {
  const { client, created } = setup();
  await registerModel(client, {
    ...iris,
    modelData: "oss://b.oss-cn-beijing.aliyuncs.com/m/iris.pmml",
    inferenceSpec: pmml(),
  });
  const model = await getModel(client, "iris");
  const service = await model.deploy(eas(client), { serviceName: "iris", instanceType: "ecs.c6.large" });
  assert.equal(await service.predictor().predict([]), "ok");
  assert.deepEqual(created, [{
    config: {
      processor: "pmml",
      model_path: "oss://b/m/iris.pmml",
      oss_endpoint: "oss-cn-beijing.aliyuncs.com",
      name: "iris",
      metadata: { instance: 1 },
      cloud: { computing: { instance_type: "ecs.c6.large" } },
    },
    labels: {},
  }]);
});

test("deploy() of a registered container mounts its files, unless its specification does", async () => {
  const { client, created } = setup();
  const spec = containerServingSpec({ image: "h/n/echo:1", command: "serve" });
  const mounted = spec.clone().setModelData("oss://other/place/");
  await registerModel(client, { name: "plain", modelData: "oss://b/m/", inferenceSpec: spec });
  await registerModel(client, { name: "mounted", modelData: "oss://b/m/", inferenceSpec: mounted });
  const options = { wait: false, labels: { team: "x" } };
  await (await getModel(client, "plain")).deploy(eas(client), { ...options, serviceName: "plain" });
  await (await getModel(client, "mounted")).deploy(eas(client), { ...options, serviceName: "mounted" });
  const paths = created.map(({ config }) =>
    (config.storage as { oss: { path: string } }[]).map(({ oss }) => oss.path)
  );
  assert.deepEqual(paths, [["oss://b/m/"], ["oss://other/place/"]]);
  assert.deepEqual(created.map(({ labels }) => labels), [{ team: "x" }, { team: "x" }]);
});

test("deploy() of PAI's own models adds tags, takes a method, and makes a name", async () => {
  const { client, created } = setup();
  const bert = await getModel(client, "emulated-bert-small-zh", { provider: "pai" });
  const service = await bert.deploy(eas(client), {
    wait: false,
    labels: { Task: "mine" },
    options: { "metadata.cpu": 2 },
  });
  assert.match(service.name, /^emulated_bert_small_zh_[a-z0-9]{8}$/);
  assert.deepEqual(created[0]?.labels, {
    Task: "mine",
    RootModelName: "emulated-bert-small-zh",
    RootModelVersion: "0.1.0",
    RootModelID: bert.id,
    Domain: "nlp",
    CreatedBy: "QuickStart",
    BaseModelUri: bert.uri,
  });
  assert.deepEqual(created[0]?.config.metadata, { instance: 1, rpc: { keepalive: 60_000 }, cpu: 2 });

  const chat = await getModel(client, "emulated-chat-0.5b", { provider: "pai" });
  const script = (method?: string): string | undefined =>
    chat.inferenceSpec(method).toJSON().containers?.[0]?.script;
  assert.match(script() ?? "", /vllm$/);
  assert.match(script("webui") ?? "", /--webui$/);
  await chat.deploy(eas(client), { wait: false, serviceName: "chat", method: "webui" });
  assert.match(JSON.stringify(created[1]?.config), /--webui/);
  const asked = created.length;
  await assert.rejects(chat.deploy(eas(client), { method: "tgi" }), {
    name: "TypeError",
    message: /it has vllm, webui/,
  });
  await assert.rejects(bert.deploy(eas(client), { method: "vllm" }), { message: /one specification only/ });
  assert.equal(created.length, asked);
});

test("toModel() is what plan() and apply() take", async () => {
  const { client } = setup();
  const model = (await registerModel(client, { ...iris, inferenceSpec: pmml() })).toModel();
  const options = { serviceName: "iris", instanceType: "ecs.c6.large", wait: false } as const;
  assert.equal((await plan(eas(client), model, options)).action, "create");
  await apply(eas(client), model, options);
  assert.equal((await plan(eas(client), model, options)).action, "none");
});

test("deploy() of a model without a specification says so", async () => {
  const { client } = setup();
  const model = await registerModel(client, iris);
  await assert.rejects(model.deploy(eas(client)), {
    name: "TypeError",
    message: /0\.1\.0 has no inference spec/,
  });
});

test("hasMethods() tells several specifications from one of any known key", () => {
  const rows: [spec: Record<string, object | string>, several: boolean][] = [
    [{}, false],
    [{ processor: "xgboost" }, false],
    [{ metadata: {} }, false],
    [{ name: "x", chat: {} }, false],
    [{ aimaster: {} }, false],
    [{ chat: { processor: "x" } }, true],
    [{ chat: {}, embed: {} }, true],
    [{ chat: {}, storage: {} }, false],
    [{ chat: {}, other: "text" }, false],
  ];
  for (const [spec, several] of rows) assert.equal(hasMethods(spec as never), several, JSON.stringify(spec));
});

test("a model that is printed shows no secret of its specification", async () => {
  const { client } = setup();
  const secret = new InferenceSpec({ processor: "pmml", token: "very-secret" });
  const model = await registerModel(client, { ...iris, inferenceSpec: secret });
  for (const text of [String(model), JSON.stringify(model)]) assert.ok(!text.includes("very-secret"), text);
});
