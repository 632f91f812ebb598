// A container spec with everything that a container gets, from its deployment to its end, against a real engine.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ProgressEvent } from "../../../core/service.ts";
import { ServiceError } from "../../../core/errors.ts";
import { containerServingSpec, emptyDir, Model, sharedMemory } from "../../../plugins/deploy/mod.ts";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import { localDocker } from "../../../plugins/local-docker/mod.ts";
import { fromDisk } from "../../../plugins/storage/files.ts";
import { fromMap } from "../../../plugins/storage/map.ts";
import { memory } from "../../../plugins/storage/memory.ts";
import { tarGz } from "../../../plugins/storage/tar.ts";
import { pythonImage, tinyImage } from "../images.ts";
import { counted } from "../left.ts";
import { writeWheel } from "../wheel.ts";

let engine: Engine;
let folder: string;
before(async () => {
  engine = await connectEngine();
  folder = mkdtempSync(join(tmpdir(), "deploy-local-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const server = `
import http.server, json, os, sys
import greet

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def do_POST(self):
        size = int(self.headers["content-length"])
        given = json.loads(self.rfile.read(size))
        read = lambda path: open(path).read()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({
            "given": given, "greeting": greet.greeting(), "model": read("/eas/workspace/model/name"),
            "data": read("/data/words/a.txt"), "space": os.listdir("/var/space"), "key": os.environ["KEY"],
            "shared": os.statvfs("/dev/shm").f_blocks * os.statvfs("/dev/shm").f_frsize,
        }).encode())

print("listening on", os.environ["LISTENING_PORT"], flush=True)
http.server.HTTPServer(("0.0.0.0", int(os.environ["LISTENING_PORT"])), Handler).serve_forever()
`;

test("localDocker() deploys code, requirements, a model, mounts and variables, and leaves nothing", async () => {
  const code = join(folder, "code"), model = join(folder, "model"), wheels = join(folder, "wheels");
  for (const path of [code, model, wheels]) mkdirSync(path, { recursive: true });
  writeFileSync(join(code, "app.py"), server);
  writeFileSync(join(model, "name"), "iris");
  writeWheel(wheels, { name: "greet", version: "1.0", code: "def greeting():\n    return 'hello'\n" });
  const bucket = memory({ bucket: "data" });
  await bucket.put("words/a.txt", "one two");

  const inferenceSpec = containerServingSpec({
    image: await pythonImage(engine),
    command: "python app.py",
    sourceDir: fromDisk(code),
    port: 5000,
    environmentVariables: { KEY: "hush-hush" },
    requirements: ["--no-index", "--find-links /wheels", "greet==1.0"],
    healthCheck: { http_get: { path: "/health" }, period_seconds: 1 },
    storage: {
      "/wheels": fromDisk(wheels),
      "/data/": "oss://data/",
      "/var/space": emptyDir(),
      "/dev/shm": sharedMemory(0.125),
    },
  });
  inferenceSpec.config.metadata.memory = 512;
  const before = await counted(engine);
  const events: ProgressEvent[] = [];
  const target = localDocker({ storage: bucket });
  const service = await new Model({ inferenceSpec, modelData: fromDisk(model) }).deploy(target, {
    serviceName: "everything",
    onProgress: (event) => events.push(event),
  });
  try {
    assert.deepEqual(await service.predictor().predict({ x: [1] }), {
      given: { x: [1] },
      greeting: "hello",
      model: "iris",
      data: "one two",
      space: [],
      key: "hush-hush",
      shared: 128 * 1024 ** 2,
    });
    const stages = [...new Set(events.map(({ stage }) => stage))];
    assert.deepEqual(stages, ["check", "create", "upload", "start", "probe", "wait"]);

    const lines: string[] = [];
    for await (const { text } of service.logs()) lines.push(text);
    assert.ok(lines.includes("listening on 5000"), lines.join("\n"));

    await service.stop();
    assert.equal((await service.describe()).status, "Stopped");
    await service.start();
    assert.deepEqual((await service.predictor().predict({}) as { model: string }).model, "iris");

    await assertPrivate("pai-edge-everything");
    await assert.rejects(
      new Model({ inferenceSpec }).deploy(target, { serviceName: "everything" }),
      (error) =>
        error instanceof ServiceError && error.code === "AlreadyExists" && /docker rm/.test(error.message),
    );
  } finally {
    await service.delete();
  }
  assert.deepEqual(await counted(engine), before);
});

/** No secret in what lists of processes and containers show, and no way in from another machine. */
async function assertPrivate(name: string): Promise<void> {
  const inspected = await (await engine.call("GET", `/containers/${name}/json`)).json();
  const { Path, Args, Config: { Env, ...config }, HostConfig, NetworkSettings } = inspected;
  assert.ok(Env.includes("KEY=hush-hush"));
  assert.doesNotMatch(JSON.stringify([Path, Args, config, HostConfig]), /hush/);
  const top = await (await engine.call("GET", `/containers/${name}/top`)).json();
  assert.doesNotMatch(JSON.stringify(top), /hush/);

  const [{ HostIp, HostPort }] = NetworkSettings.Ports["5000/tcp"];
  assert.equal(HostIp, "127.0.0.1");
  const others = Object.values(networkInterfaces()).flat().flatMap((face) =>
    face && face.family === "IPv4" && !face.internal ? [face.address] : []
  );
  for (const address of others) {
    await assert.rejects(
      fetch(`http://${address}:${HostPort}/health`, { signal: AbortSignal.timeout(2000) }),
    );
  }
}

test("a model on OSS that is one archive is unpacked, unless it shall not be", async () => {
  const bucket = memory({ bucket: "models" });
  await bucket.put("m/model.tar.gz", tarGz(fromMap({ "name": "packed", "deep/er/x": "1" })));
  const before = await counted(engine);
  for (const [unpackModel, expected] of [[true, "packed"], [false, ""]] as const) {
    const inferenceSpec = containerServingSpec({
      image: await tinyImage(engine),
      command: "exec /bin/serve",
    });
    inferenceSpec.setModelData("oss://models/m/", { mountPath: "/model" }); // where the image looks for a name
    const target = localDocker({ storage: bucket, unpackModel });
    await using service = await new Model({ inferenceSpec }).deploy(target, {
      serviceName: "packed",
      temporary: true,
    });
    const { model } = await service.predictor().predict({}) as { model: string };
    assert.equal(model, expected);
  }
  assert.deepEqual(await counted(engine), before);
});

test("folders of this machine are read-only, writable or a copy, as asked", async () => {
  const shared = join(folder, "shared");
  mkdirSync(shared, { recursive: true });
  const before = await counted(engine);
  for (const [folders, expected] of [["read-only", []], ["copy", []], ["writable", ["made"]]] as const) {
    const inferenceSpec = containerServingSpec({
      image: await tinyImage(engine),
      command: "touch /shared/made 2>&1; exec /bin/serve",
      storage: { "/shared": fromDisk(shared) },
    });
    writeFileSync(join(shared, "file"), "");
    await using _ = await new Model({ inferenceSpec }).deploy(localDocker({ folders }), {
      serviceName: "folders",
      temporary: true,
    });
    assert.deepEqual(readdirSync(shared).filter((name) => name !== "file"), expected, folders);
  }
  assert.deepEqual(await counted(engine), before);
});

test("copies have the names, links, empty folders and permissions of their source", async () => {
  const source = join(folder, "odd");
  const long = `${"long".repeat(40)}/${"er".repeat(60)}`;
  for (const path of ["empty", join("ü", "深い"), long]) mkdirSync(join(source, path), { recursive: true });
  writeFileSync(join(source, "run.sh"), "echo ran");
  chmodSync(join(source, "run.sh"), 0o755);
  for (const name of ["README", "Readme", join("ü", "深い", "é 'x'"), join(long, "file")]) {
    writeFileSync(join(source, name), name);
  }
  symlinkSync("../run.sh", join(source, "ü", "link"));
  const inferenceSpec = containerServingSpec({
    image: await tinyImage(engine),
    command:
      "cd /odd; { find . | sort; sh ./ü/link; [ -x run.sh ] && [ ! -x README ] && cat README Readme; } > /model/name;" +
      "exec /bin/serve",
    storage: { "/odd": fromDisk(source, { links: "keep", emptyFolders: "keep" }), "/model": emptyDir() },
  });
  const before = await counted(engine);
  await using service = await new Model({ inferenceSpec }).deploy(localDocker({ folders: "copy" }), {
    serviceName: "odd",
    temporary: true,
  });
  const text = await (await service.predictor().rawPredict({})).text();
  const expected = readdirSync(source, { recursive: true, encoding: "utf8" }).map((path) => `./${path}`);
  const found = /"model":"\.\n(.*)\nran\nREADMEReadme"/s.exec(text)?.[1]?.split("\n");
  assert.deepEqual(found?.sort(), expected.sort(), text);
  await service.delete();
  assert.deepEqual(await counted(engine), before);
});
