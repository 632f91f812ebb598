// How containers start and end: with and without a shell, as another user, before and after what is installed.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock } from "../../../core/clock.ts";
import type { Service } from "../../../core/service.ts";
import type { Deployment } from "../../../core/target.ts";
import { watchOf } from "../../../core/watch.ts";
import {
  containerServingSpec,
  emptyDir,
  imageFiles,
  InferenceSpec,
  Model,
  nfs,
} from "../../../plugins/deploy/mod.ts";
import { deployContainer } from "../../../plugins/local-docker/create/deploy.ts";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import { removeImage } from "../../../plugins/local-docker/engine/images.ts";
import { ownLabels } from "../../../plugins/local-docker/labels.ts";
import { DockerError, localDocker } from "../../../plugins/local-docker/mod.ts";
import { planContainer } from "../../../plugins/local-docker/plan/plan-container.ts";
import { fromDisk } from "../../../plugins/storage/files.ts";
import { fromMap } from "../../../plugins/storage/map.ts";
import { pythonImage, tinyImage } from "../images.ts";
import { counted } from "../left.ts";
import { writeWheel } from "../wheel.ts";

let engine: Engine, image: string, folder: string;
before(async () => {
  engine = await connectEngine();
  image = await tinyImage(engine);
  folder = mkdtempSync(join(tmpdir(), "deploy-starts-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const deploy = (config: ConstructorParameters<typeof InferenceSpec>[0]) =>
  new Model({ inferenceSpec: new InferenceSpec(config) })
    .deploy(localDocker(), { serviceName: "starts", temporary: true });

/** The container's first process. */
async function firstProcess(): Promise<string[]> {
  const { Path, Args } = await (await engine.call("GET", "/containers/pai-edge-starts/json")).json();
  return Args[0] === Path ? Args : [Path, ...Args]; // Podman names it twice
}

async function answers(service: Service): Promise<void> {
  assert.deepEqual((await service.predictor().predict({ x: 1 }) as { input: unknown }).input, { x: 1 });
}

/** An image as another, changed by lines of a Dockerfile. */
async function imageWith(base: string, name: string, changes: string[]): Promise<string> {
  const created = await engine.call("POST", "/containers/create", { json: { Image: base } });
  const { Id } = await created.json();
  const query = { container: Id, repo: `pai-edge-tests/${name}`, tag: "1", changes: changes.join("\n") };
  await (await engine.call("POST", "/commit", { query, json: {} })).body?.cancel();
  await (await engine.call("DELETE", `/containers/${Id}`)).body?.cancel();
  return `pai-edge-tests/${name}:1`;
}

test("an image's own command runs as it is, and a command without a shell", async () => {
  {
    await using service = await deploy({ containers: [{ image, port: 5000 }] });
    await answers(service);
    assert.deepEqual(await firstProcess(), ["/bin/serve"]);
  }
  await using service = await deploy({
    containers: [{ image, command: "httpd -f -p 8000", args: ["-h", "/www"] }],
  });
  await answers(service);
  assert.deepEqual(await firstProcess(), ["httpd", "-f", "-p", "8000", "-h", "/www"]);
});

test("a server as another user reads what starts it, and what is mounted", async () => {
  const other = await imageWith(image, "nobody", ["USER 65534:65534"]);
  const before = await counted(engine);
  try {
    const script = "id -u; cat /model/name; touch /model/x; exec /bin/serve";
    const model = join(folder, "model");
    mkdirSync(model);
    writeFileSync(join(model, "name"), "iris");
    const inferenceSpec = containerServingSpec({
      image: other,
      command: script,
      storage: { "/model": fromDisk(model) },
    });
    const target = localDocker({ folders: "copy" });
    await using service = await new Model({ inferenceSpec }).deploy(target, {
      serviceName: "starts",
      temporary: true,
    });
    assert.equal((await service.predictor().predict({}) as { model: string }).model, "iris");
    await service.delete();
    assert.deepEqual(await counted(engine), before);
  } finally {
    await removeImage(engine, other, { force: true });
  }
});

test("requirements of the code are installed before the image's own entrypoint, which gets its signal", async () => {
  const code = join(folder, "code"), wheels = join(code, "wheels");
  mkdirSync(wheels, { recursive: true });
  writeWheel(wheels, { name: "greet", version: "2.0", code: "def greeting():\n    return 'hello'\n" });
  writeFileSync(join(code, "requirements.txt"), "--no-index\n--find-links /ml/usercode/wheels\ngreet\n");
  const server = `
import greet, http.server, os, signal, sys, threading
server = http.server.HTTPServer(("0.0.0.0", int(os.environ["LISTENING_PORT"])), http.server.SimpleHTTPRequestHandler)
def end(*_):
    print("ending", greet.greeting(), flush=True)
    threading.Thread(target=server.shutdown).start()
signal.signal(signal.SIGTERM, end)
server.serve_forever()
print("ended", flush=True)
`;
  const own = await imageWith(await pythonImage(engine), "entry", [
    `ENTRYPOINT ${JSON.stringify(["python3", "-c", server])}`,
    'CMD ["--x"]',
  ]);
  try {
    const inferenceSpec = containerServingSpec({ image: own, command: "unused", sourceDir: fromDisk(code) });
    const deployment = await new Model({ inferenceSpec }).toDeployment();
    const [{ script: _, ...container }] = deployment.config.containers as [
      { script?: string; image: string },
    ];
    const target = localDocker();
    const service = await target.deploy({ ...deployment, config: { containers: [container] } }, {
      serviceName: "starts",
    });
    try {
      await service.stop();
      const lines: string[] = [];
      for await (const { text } of service.logs()) lines.push(text);
      assert.deepEqual(lines.slice(-2), ["ending hello", "ended"]);
    } finally {
      await service.delete();
    }
  } finally {
    await removeImage(engine, own, { force: true });
  }
});

test("an engine on another machine gets a copy of folders, and publishes nothing that can't be reached", async () => {
  const remote: Engine = { ...engine, isLocal: false, call: (...args) => engine.call(...args) };
  const model = join(folder, "remote");
  mkdirSync(model);
  writeFileSync(join(model, "name"), "iris");
  const before = await counted(engine);
  const deployment: Deployment = {
    config: { containers: [{ image }] },
    mounts: [{ mountPath: "/model", source: fromDisk(model) }],
  };
  const run = (publishedAt: string) => {
    const settings = {
      serviceName: "starts",
      storages: [],
      folders: "read-only",
      pull: "never",
      limits: true,
    } as const;
    const plan = planContainer(deployment, { ...settings, publishedAt });
    const watch = watchOf(systemClock, "starts", "deploy", {});
    const labels = ownLabels("starts");
    const order = {
      plan,
      config: deployment.config,
      labels,
      containerLabels: labels,
      unpackModel: true,
      watch,
    };
    return deployContainer({ ...order, connect: () => Promise.resolve(remote) }, true, async () => {
      const { Mounts } = await (await engine.call("GET", "/containers/pai-edge-starts/json")).json();
      throw new Error(JSON.stringify(Mounts.map(({ Type }: { Type: string }) => Type)));
    });
  };
  await assert.rejects(
    run("127.0.0.1"),
    (error) => error instanceof TypeError && /publishedAt/.test(error.message),
  );
  await assert.rejects(run("0.0.0.0"), (error) => error instanceof Error && error.message === '["volume"]');
  assert.deepEqual(await counted(engine), before);
});

test("a file system of another machine that can't be mounted ends the deployment, and its volume", async () => {
  const before = await counted(engine);
  const inferenceSpec = containerServingSpec({
    image,
    command: "exec /bin/serve",
    storage: { "/nas": nfs("127.0.0.1", { path: "/none" }) },
  });
  await assert.rejects(
    new Model({ inferenceSpec }).deploy(localDocker(), { serviceName: "starts", timeout: 60_000 }),
    (error) =>
      error instanceof DockerError && /"\/nas" can't be mounted from 127.0.0.1:\/none/.test(error.message),
  );
  assert.deepEqual(await counted(engine), before);
});

test("an empty folder is empty whatever the image has there, and files of an image are copied out of it", async () => {
  const before = await counted(engine);
  const inferenceSpec = containerServingSpec({
    image,
    command: "ls -A /etc > /model/name; ls /var/www/cgi-bin >> /model/name; exec /bin/serve",
    storage: {
      "/etc": emptyDir(),
      "/model": emptyDir(),
      "/var/www": imageFiles(image, "/www/"),
      "/var/www/x": emptyDir(),
    },
  });
  await using service = await new Model({ inferenceSpec }).deploy(localDocker(), {
    serviceName: "starts",
    temporary: true,
  });
  const text = await (await service.predictor().rawPredict({})).text();
  assert.match(text, /\nindex\.cgi\npredict"/);
  assert.doesNotMatch(text, /passwd|group/); // there are other files, which engines put there themselves
  await service.delete();
  assert.deepEqual(await counted(engine), before);
});

test("a folder that the engine does not have ends the deployment with what to do", async () => {
  const before = await counted(engine);
  const gone = join(folder, "gone");
  const source = Object.defineProperty(fromMap({ a: "" }, { label: "gone" }), "directory", { value: gone });
  const inferenceSpec = containerServingSpec({
    image,
    command: "exec /bin/serve",
    storage: { "/gone": source },
  });
  await assert.rejects(
    new Model({ inferenceSpec }).deploy(localDocker(), { serviceName: "starts" }),
    (error) =>
      error instanceof DockerError && /"\/gone" can't be mounted.*folders: "copy"/.test(error.message),
  );
  assert.deepEqual(await counted(engine), before);
});

test("more processors than the machine has are not asked for, and the difference is told", async () => {
  const warnings: string[] = [];
  const inferenceSpec = new InferenceSpec({ containers: [{ image }], metadata: { cpu: 1000, memory: 128 } });
  await using service = await new Model({ inferenceSpec }).deploy(localDocker(), {
    serviceName: "starts",
    temporary: true,
    onProgress: ({ level, message }) => level === "warning" && warnings.push(message),
  });
  await answers(service);
  assert.match(warnings.join(), /asks for 1000 processors/);
  const { HostConfig } = await (await engine.call("GET", "/containers/pai-edge-starts/json")).json();
  assert.deepEqual([HostConfig.Memory, HostConfig.NanoCpus], [128 * 1024 ** 2, 0]);
});
