// The PAI SDK for Python, unmodified, against the emulator. Where one of its own bugs stops it, the test names the bug
// and goes around it; anything else that fails is the emulator's fault.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Client, createClient } from "../../core/client.ts";
import type { Credentials } from "../../core/credentials.ts";
import { type ImageInfo, ImageScope, listImages, retrieveImage } from "../../plugins/deploy/images.ts";
import { eas, InferenceSpec } from "../../plugins/deploy/mod.ts";
import { getModel, registerModel } from "../../plugins/deploy/models.ts";
import type { EmulatorServer } from "../../plugins/emulator/serve.ts";
import { lasting, startCloud, temporary } from "./cloud.ts";
import { createdConfig, differences, type Pai, pai } from "./pai.ts";
import { type PythonServer, skipPython, startPython } from "./python.ts";

const skip = { skip: skipPython };
const server: Promise<PythonServer> | undefined = skipPython ? undefined : startPython("pai_client.py");
after(async () => await (await server)?.stop());

interface Service {
  name: string;
  status: string;
  endpoint: string;
  labels: Record<string, string>;
}

const bucket = "peer-bucket";
const handlers = { peer_container: async (request: Request) => Response.json({ got: await request.json() }) };

async function python(
  cloud: EmulatorServer,
  key: Credentials = lasting,
  session: Record<string, unknown> = {},
): Promise<Pai> {
  return pai((await server)!, cloud.url, key, { workspaceId: "100001", bucket, ...session });
}

function ours(cloud: EmulatorServer, network: "public" | "vpc" = "public"): Client {
  const endpoints = { eas: cloud.url, aiworkspace: cloud.url, oss: cloud.url, sts: cloud.url };
  return createClient({
    region: "cn-hangzhou",
    credentials: lasting,
    network,
    endpoints,
    workspaceId: "100001",
  });
}

for (
  const [what, key, account] of [["lasting", lasting, "1000000000000001"], [
    "temporary",
    temporary,
    "1000000000000001",
  ]] as const
) {
  test(`the PAI SDK finds out who it is and where, with a ${what} key`, skip, async () => {
    await using cloud = await startCloud();
    const { result, sent } = await (await python(cloud, key)).attempt({ op: "identity" });
    assert.deepEqual(result, { account, workspace: "emulator_workspace" });
    assert.deepEqual(sent.map(({ method, url }) => [method, new URL(url).host]), [
      ["POST", "sts.cn-hangzhou.aliyuncs.com"],
      ["GET", "aiworkspace.cn-hangzhou.aliyuncs.com"],
    ]);
  });
}

test("the PAI SDK is refused with a wrong secret, and without its token", skip, async () => {
  await using cloud = await startCloud();
  for (const op of ["identity", "services"]) {
    const wrong = await (await python(cloud, { ...lasting, accessKeySecret: "wrong" })).attempt({ op });
    assert.match(wrong.error?.message ?? "", /SignatureDoesNotMatch/);
    const bare = await (await python(cloud, { ...temporary, securityToken: undefined })).attempt({ op });
    assert.match(bare.error?.message ?? "", /MissingSecurityToken/);
  }
});

test(
  "the PAI SDK deploys, describes, asks, stops, starts and deletes a container service",
  skip,
  async () => {
    for (const network of ["public", "vpc"]) {
      await using cloud = await startCloud({ handlers });
      const theirs = await python(cloud, network === "vpc" ? temporary : lasting, { network });
      const { result, error, sent } = await theirs.attempt<Service>({
        op: "deploy",
        container: { command: "python app.py", image_uri: "registry/ns/app:1", port: 8001 },
        deploy: { service_name: "peer_container", instance_type: "ecs.c6.large", labels: { team: "a b" } },
      });
      assert.deepEqual([error, result], [undefined, {
        name: "peer_container",
        status: "Running",
        endpoint: "http://1000000000000001.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/peer_container",
        labels: { team: "a b" },
      }]);
      const host = network === "vpc" ? "pai-eas-manage-vpc" : "pai-eas";
      assert.equal(new URL(sent[0]!.url).host, `${host}.cn-hangzhou.aliyuncs.com`);

      const act = async (act: string): Promise<string> =>
        (await theirs.ask<Service>({ op: "act", name: "peer_container", act })).status;
      const data = { a: [1, "ü"] };
      assert.deepEqual(await theirs.ask({ op: "act", name: "peer_container", act: "predict", data }), {
        got: data,
      });
      assert.equal(await act("describe"), "Running");
      assert.equal(await act("stop"), "Stopped");
      assert.equal(await act("start"), "Running");
      assert.deepEqual(await theirs.ask({ op: "services" }), ["peer_container"]);
      await act("delete");
      assert.deepEqual(await theirs.ask({ op: "services" }), []);
    }
  },
);

const xgboost = { spec: { processor: "xgboost" }, modelFiles: { "model.json": "" } };
const deployXgboost = { service_name: "peer_processor", instance_type: "ecs.c6.large" };

async function xgboostModel(): Promise<string> {
  return await Deno.readTextFile(new URL("../../examples/breast-cancer/model.json", import.meta.url));
}

test(
  "the PAI SDK deploys, describes, asks, stops, starts and deletes a processor service (B-01)",
  skip,
  async () => {
    await using cloud = await startCloud();
    // Its uploads are signed with version 1 of OSS's signatures, its calls with that of the ROA style.
    const theirs = await python(cloud);
    const call = {
      op: "deploy",
      ...xgboost,
      modelFiles: { "model.json": await xgboostModel() },
      deploy: deployXgboost,
    };

    // B-01: a specification with a processor alone is taken for several specifications, and the SDK crashes.
    const crashed = await theirs.attempt<Service>(call);
    assert.deepEqual([crashed.error?.type, createdConfig(crashed.sent)], ["ValueError", undefined]);
    assert.match(crashed.error?.message ?? "", /dictionary update sequence/);

    const goingAround = { ...call, spec: { ...call.spec, metadata: {} } };
    const deployed = await theirs.ask<Service>(goingAround);
    assert.deepEqual([deployed.name, deployed.status], ["peer_processor", "Running"]);
    const act = async (act: string): Promise<string> =>
      (await theirs.ask<Service>({ op: "act", name: "peer_processor", act })).status;
    const data = [Array.from({ length: 30 }, (_, i) => i), Array(30).fill(0.5)];
    const scores = await theirs.ask<number[]>({ op: "act", name: "peer_processor", act: "predict", data });
    const predictor = await ours(cloud).predictor("peer_processor");
    assert.deepEqual(scores, await predictor.predict(data));
    assert.equal(scores.length, 2);
    assert.equal(await act("describe"), "Running");
    assert.equal(await act("stop"), "Stopped");
    assert.equal(await act("start"), "Running");
    await act("delete");
    assert.deepEqual(await theirs.ask({ op: "services" }), []);
  },
);

test("the PAI SDK drops resources that are given as its own class (B-02)", skip, async () => {
  await using cloud = await startCloud({ handlers: { peer: handlers.peer_container } });
  const theirs = await python(cloud);
  const container = { command: "serve", image_uri: "registry/ns/app:1" };
  const resources = { cpu: 2, memory: 4000 };
  const dropped = await theirs.attempt<Service>({
    op: "deploy",
    container,
    deploy: { service_name: "peer", resourceConfigObject: resources, wait: false },
  });
  assert.deepEqual(createdConfig(dropped.sent)?.metadata, { instance: 1 });
  await theirs.ask({ op: "act", name: "peer", act: "delete" });
  const kept = await theirs.attempt<Service>({
    op: "deploy",
    container,
    deploy: { service_name: "peer", resource_config: resources },
  });
  assert.deepEqual([kept.error, createdConfig(kept.sent)?.metadata], [undefined, {
    instance: 1,
    ...resources,
  }]);
});

test("the PAI SDK fails after it has deployed a bare configuration (B-05)", skip, async () => {
  await using cloud = await startCloud({ handlers: { peer: handlers.peer_container } });
  const theirs = await python(cloud);
  const config = {
    name: "peer",
    containers: [{ image: "registry/ns/app:1", script: "serve", port: 8000 }],
    metadata: { instance: 1, cpu: 1, memory: 2000 },
  };
  const failed = await theirs.attempt<Service>({ op: "deployConfig", config });
  assert.deepEqual(failed.error, { type: "KeyError", message: "'ServiceType'" });
  // What it made is there all the same, and is found by its name.
  const found = await theirs.ask<Service>({ op: "act", name: "peer", act: "describe" });
  assert.equal(found.status, "Running");
});

test("the PAI SDK forgets the session of what it registers and of what it found (B-14)", skip, async () => {
  await using cloud = await startCloud({ handlers: { pmml: handlers.peer_container } });
  const register = {
    op: "register",
    modelData: "oss://peer-bucket/iris.pmml",
    spec: { processor: "pmml", metadata: { instance: 1 } },
    register: {
      model_name: "iris",
      version: "1.0.0",
      version_labels: { stage: "test" },
      framework_type: "Xflow",
    },
  };
  const forgotten = await (await python(cloud)).attempt(register);
  assert.match(`${forgotten.error?.type}: ${forgotten.error?.message}`, /^AttributeError: 'NoneType' object/);
  const theirs = await python(cloud, lasting, { defaultSession: true });
  const again = { ...register, register: { ...register.register, version: "1.1.0" } };
  const registered = await theirs.ask<{ name: string; version: string; uri: string }>(again);
  assert.deepEqual([registered.version, registered.uri], ["1.1.0", "oss://peer-bucket/iris.pmml"]);

  // What it registered is ours to deploy.
  const found = await getModel(ours(cloud), "iris");
  assert.deepEqual([found.version, found.frameworkType, found.versionLabels], ["1.1.0", "Xflow", {
    stage: "test",
  }]);
  const service = await found.deploy(eas(ours(cloud)), { serviceName: "ours", instanceType: "ecs.c6.large" });
  assert.deepEqual(await service.predictor().predict([1]), { got: [1] });

  // And what we register is its: the container of the model, since B-01 keeps it from a processor alone.
  const inferenceSpec = new InferenceSpec({ processor: "pmml", metadata: { instance: 2 } });
  await registerModel(ours(cloud), {
    name: "other",
    modelData: "oss://peer-bucket/other.pmml",
    inferenceSpec,
  });
  const other = await theirs.ask<{ name: string; version: string; uri: string; spec: unknown }>({
    op: "registered",
    name: "other",
  });
  assert.deepEqual([other.version, other.uri, other.spec], [
    "0.1.0",
    "oss://peer-bucket/other.pmml",
    { processor: "pmml", metadata: { instance: 2 } },
  ]);
  const deploy = { op: "deployRegistered", name: "other", deploy: { service_name: "theirs", wait: false } };
  const lost = await (await python(cloud)).attempt(deploy);
  assert.match(`${lost.error?.type}: ${lost.error?.message}`, /^AttributeError: 'NoneType' object/);
  const { result, error, sent } = await (await python(cloud)).attempt<Service>({
    ...deploy,
    givenSession: true,
  });
  assert.deepEqual([error, result?.name], [undefined, "theirs"]);
  // Unlike ours, it deploys the specification without the files that were registered with it.
  assert.deepEqual(differences(createdConfig(sent), { ...inferenceSpec.toJSON(), name: "theirs" }), []);
});

test("the PAI SDK deploys one of PAI's own models, with its tags", skip, async () => {
  await using cloud = await startCloud({ handlers: { chat: handlers.peer_container } });
  const theirs = await python(cloud, lasting, { defaultSession: true });
  const name = "emulated-chat-0.5b";
  const deployed = await theirs.ask<Service>({
    op: "deployRegistered",
    name,
    provider: "pai",
    deploy: { service_name: "chat", inference_method: "webui" },
  });
  const model = await getModel(ours(cloud), name, { provider: "pai" });
  await theirs.ask({ op: "act", name: "chat", act: "delete" });
  const service = await model.deploy(eas(ours(cloud)), { serviceName: "chat", method: "webui" });
  assert.deepEqual(deployed.labels, (await service.describe()).labels);
});

/** What an image is to both; the reference's own words for it. */
function words(
  { name, uri, framework, version, accelerator, pythonVersion, scope }: ImageInfo,
): Record<string, unknown> {
  return {
    name,
    uri,
    framework,
    version: version ?? null,
    accelerator: accelerator ?? null,
    pythonVersion: pythonVersion ?? null,
    scope,
  };
}

type Described = Record<
  "name" | "uri" | "framework" | "version" | "accelerator" | "pythonVersion" | "scope",
  string
>;

for (const scope of Object.values(ImageScope)) {
  test(`the PAI SDK and listImages() find the same images for ${scope}`, skip, async () => {
    await using cloud = await startCloud();
    const theirs = await python(cloud);
    const listed = await theirs.ask<Described[]>({
      op: "images",
      list: { framework_name: "", image_scope: scope },
    });
    const found = (await Array.fromAsync(listImages(ours(cloud, "vpc"), { scope }))).map(words);
    assert.ok(listed.length > 5);
    const known = differences(listed.map((image) => image.name), found.map((image) => image.name));
    assert.deepEqual(known, []);
    for (const [i, image] of listed.entries()) {
      const unexplained = differences(image, found[i]).filter(({ path, theirs, ours }) => {
        switch (path) {
          case "accelerator": // theirs is in capitals when a label says it, and that of Python when none does (B-44)
            return String(theirs).toLowerCase() !== ours && !/^py\d+$/.test(String(theirs));
          case "version": // theirs takes "mkl" for a part of the version (B-43)
            return theirs !== `${ours}-mkl`;
          default:
            return true;
        }
      });
      assert.deepEqual(unexplained, [], image.name);
    }
  });
}

const retrievals: [framework: string, version: string, accelerator: "CPU" | "GPU", scope: ImageScope][] = [
  ["PyTorch", "latest", "GPU", "inference"],
  ["pytorch", "latest", "CPU", "training"],
  ["PyTorch", "latest", "GPU", "training"], // two of the same version: the later one
  ["PyTorch", "1.12.0PAI", "GPU", "training"],
  ["TensorFlow", "LATEST", "CPU", "inference"],
  ["TensorFlow", "2.3", "GPU", "training"],
  ["XGBoost", "1.6.0", "CPU", "training"],
  ["TensorFlow", "latest", "GPU", "develop"],
];
for (const [framework, version, accelerator, scope] of retrievals) {
  test(
    `the PAI SDK and retrieveImage() find the same ${framework} ${version} for ${scope} on ${accelerator}`,
    skip,
    async () => {
      await using cloud = await startCloud();
      const { result, error, sent } = await (await python(cloud)).attempt<Described>({
        op: "image",
        retrieve: {
          framework_name: framework,
          framework_version: version,
          accelerator_type: accelerator,
          image_scope: scope,
        },
      });
      assert.equal(error, undefined);
      const image = await retrieveImage(ours(cloud, "vpc"), framework, { version, accelerator, scope });
      assert.deepEqual({ ...result, accelerator: result?.accelerator.toLowerCase() }, words(image));
      const query = new URL(sent[0]!.url).searchParams;
      assert.equal(query.get("WorkspaceId"), null);
    },
  );
}
