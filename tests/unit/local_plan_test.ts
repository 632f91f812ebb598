import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FileSource } from "../../core/files.ts";
import type { Deployment } from "../../core/target.ts";
import {
  type ContainerServingOptions,
  containerServingSpec,
  dataset,
  emptyDir,
  gitRepo,
  imageFiles,
  InferenceSpec,
  Model,
  nfs,
  ossFolder,
  sharedMemory,
} from "../../plugins/deploy/mod.ts";
import { containerSpec, volumeOptions } from "../../plugins/local-docker/plan/container-spec.ts";
import type { ContainerPlan } from "../../plugins/local-docker/plan/container-plan.ts";
import { dockerRun, dockerRunText } from "../../plugins/local-docker/plan/docker-run.ts";
import { planContainer, type PlanSettings } from "../../plugins/local-docker/plan/plan-container.ts";
import { shownPlan } from "../../plugins/local-docker/plan/shown.ts";
import { launchOf } from "../../plugins/local-docker/plan/start.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { memory } from "../../plugins/storage/memory.ts";

const base = { command: "python app.py", image: "img:1" };
const settings: PlanSettings = {
  serviceName: "iris",
  storages: [],
  folders: "read-only",
  pull: "missing",
  limits: true,
  publishedAt: "127.0.0.1",
};

/** Files as `fromDisk()` gives them for a folder of this machine. */
function onDisk(directory: string): FileSource {
  return Object.defineProperty(fromMap({ "model.json": "{}" }, { label: directory }), "directory", {
    value: directory,
  });
}

const plan = (deployment: Deployment, more: Partial<PlanSettings> = {}): ContainerPlan =>
  planContainer(deployment, { ...settings, ...more });

async function planned(
  options: Partial<ContainerServingOptions>,
  more: Partial<PlanSettings> = {},
  modelData?: FileSource,
): Promise<ContainerPlan> {
  const inferenceSpec = containerServingSpec({ ...base, ...options });
  return plan(await new Model({ inferenceSpec, modelData }).toDeployment(), more);
}

test("a container serves as the reference's does, with its port told and on loopback only (T-76)", async () => {
  const made = await planned(
    {
      port: 5000,
      environmentVariables: { A: 1, B: "b c" },
      sourceDir: onDisk("/srv/me/code"),
      requirements: ["numpy==1.26.4"],
      healthCheck: { http_get: { path: "/ready", port: 5001 } },
    },
    { gpus: "all" },
    onDisk("/srv/me/model"),
  );
  assert.deepEqual(dockerRun(made), [
    ...["--name", "pai-edge-iris", "--publish", "127.0.0.1::5000", "--publish", "127.0.0.1::5001"],
    ...["--pull", "missing"],
    ...["--env", "A", "--env", "B", "--env", "LISTENING_PORT"],
    ...["--mount", "type=bind,source=/srv/me/code,target=/ml/usercode,readonly"],
    ...["--mount", "type=bind,source=/srv/me/model,target=/eas/workspace/model,readonly"],
    ...["--gpus", "all", "--entrypoint", "/bin/sh", "img:1", "-c"],
    "printf '%s\\n' numpy==1.26.4 | python -m pip install -r /dev/stdin || exit $?\n" +
    "cd /ml/usercode/\npython app.py\n",
  ]);
  assert.deepEqual(made.env, { A: "1", B: "b c", LISTENING_PORT: "5000" });
  assert.deepEqual(made.requirements, { kind: "lines", text: "numpy==1.26.4\n" });
});

test("the engine is told what the plan says", async () => {
  const made = await planned({
    environmentVariables: { KEY: "hush" },
    storage: { "/dev/shm": sharedMemory(2) },
  }, {
    gpus: ["GPU-1"],
  });
  const launch = launchOf(made, { entrypoint: [], command: [] });
  const spec = containerSpec(made, { launch, labels: { "a.b": "c" }, volumeOf: () => undefined });
  assert.deepEqual(spec, {
    Image: "img:1",
    Env: ["KEY=hush", "LISTENING_PORT=8000"],
    Labels: { "a.b": "c" },
    ExposedPorts: { "8000/tcp": {} },
    Entrypoint: launch.entrypoint,
    Cmd: [],
    HostConfig: {
      PortBindings: { "8000/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] },
      Mounts: [],
      ShmSize: 2 * 1024 ** 3,
      DeviceRequests: [{ DeviceIDs: ["GPU-1"], Capabilities: [["gpu", "compute", "utility"]] }],
    },
  });
});

test("no secret is in what people read, nor in a command line", async () => {
  const made = await planned({
    environmentVariables: { KEY: "hush-1" },
    requirements: ["--extra-index-url https://me:hush-2@example.com/simple", "numpy"],
    command: "API_TOKEN=hush-3 python app.py",
  });
  assert.doesNotMatch(dockerRunText(made), /hush/);
  const secret = { name: "DB_PASSWORD", value: "hush-hush-4" };
  const config = { containers: [{ image: "a", env: [secret], script: "run --key hush-hush-4" }] };
  assert.doesNotMatch(JSON.stringify(shownPlan(made, config)), /hush-[23]/);
  const shown = shownPlan(plan({ config, mounts: [] }), config);
  assert.doesNotMatch(JSON.stringify(shown), /hush/);
  assert.equal(shown.env.LISTENING_PORT, "8000");
  const { entrypoint, command, files } = launchOf(made, { entrypoint: [], command: [] });
  assert.doesNotMatch(JSON.stringify([entrypoint, command]), /hush/);
  assert.match(files["/.pai-edge/requirements.txt"]!, /hush-2/);
  assert.match(files["/.pai-edge/start.sh"]!, /hush-3/);
});

test("every kind of storage becomes what the engine has for it", async () => {
  const bucket = memory({ bucket: "b" });
  const made = await planned({
    storage: {
      "/data/": "oss://b/data/",
      "/fixed": ossFolder("oss://b/fixed/", { readOnly: true }),
      "/files": fromMap({ a: "1" }),
      "/dev/shm": sharedMemory(1),
      "/var/space": emptyDir(),
      "/weights": imageFiles("registry-vpc.cn-x.aliyuncs.com/a/weights:1", "/w/"),
      "/nas": nfs("x.nas.aliyuncs.com", { path: "/share", readOnly: true }),
    },
  }, { storages: [bucket] });
  assert.deepEqual(made.mounts.map(({ path, kind }) => [path, kind]), [
    ["/data", "copy"],
    ["/fixed", "copy"],
    ["/files", "copy"],
    ["/var/space", "empty"],
    ["/weights", "image"],
    ["/nas", "nfs"],
  ]);
  assert.deepEqual(made.resources, { sharedMemory: 1024 ** 3 });
  assert.deepEqual(made.mounts.map(volumeOptions), [{}, {}, {}, {}, {}, {
    type: "nfs",
    o: "addr=x.nas.aliyuncs.com,ro,vers=3,nolock,proto=tcp,hard,timeo=600,retrans=2,noresvport",
    device: ":/share",
  }]);
  assert.deepEqual(made.mounts.flatMap((mount) => mount.kind === "copy" ? [mount.readOnly] : []), [
    false,
    true,
    false,
  ]);
});

for (
  const [folders, expected] of [["read-only", ["bind", true]], ["writable", ["bind", false]], ["copy", [
    "copy",
    false,
  ]]] as const
) {
  test(`a folder of this machine is ${folders}`, async () => {
    const { mounts: [mount] } = await planned({ storage: { "/m": onDisk("/srv/me/m") } }, { folders });
    assert.ok(mount?.kind === "bind" || mount?.kind === "copy");
    assert.deepEqual([mount.kind, mount.readOnly], expected);
  });
}

const refused: { name: string; deployment: () => Deployment | Promise<Deployment>; says: RegExp }[] = [
  {
    name: "a processor",
    deployment: () => new InferenceSpec({ processor: "pmml" }).toDeployment(),
    says: /only containers can be planned, and it has the processor "pmml"/,
  },
  {
    name: "two containers",
    deployment: () => ({ config: { containers: [{ image: "a" }, { image: "b" }] }, mounts: [] }),
    says: /2 containers/,
  },
  {
    name: "objects of a bucket that is not given",
    deployment: () => containerServingSpec({ ...base, storage: { "/d": "oss://other/d/" } }).toDeployment(),
    says: /"oss:\/\/other\/d\/" can't be read without its bucket; use localDocker\({ storage:/,
  },
  {
    name: "a repository",
    deployment: () =>
      containerServingSpec({ ...base, storage: { "/d": gitRepo({ repo: "https://github.com/a/b.git" }) } })
        .toDeployment(),
    says: /fromGit/,
  },
  {
    name: "a dataset",
    deployment: () => containerServingSpec({ ...base, storage: { "/d": dataset("d-1") } }).toDeployment(),
    says: /dataset/,
  },
  {
    name: "two mounts at one place",
    deployment: () => ({
      config: { containers: [{ image: "a" }] },
      mounts: [{ mountPath: "/d/", source: fromMap({ a: "" }) }, {
        mountPath: "/./d",
        source: fromMap({ b: "" }),
      }],
    }),
    says: /two mounts are at "\/d"/,
  },
  {
    name: "a mount over everything",
    deployment: () => ({
      config: { containers: [{ image: "a" }] },
      mounts: [{ mountPath: "/", source: fromMap({ a: "" }) }],
    }),
    says: /at "\/"/,
  },
];

for (const { name, deployment, says } of refused) {
  test(`${name} can't run here, and the error says why before anything starts`, async () => {
    const given = await deployment();
    assert.throws(() => plan(given), (error) => error instanceof TypeError && says.test(error.message));
  });
}

test("memory and processors of the configuration are limits, unless they shall not be", async () => {
  const config = {
    containers: [{ image: "a" }],
    metadata: { memory: 512, cpu: 1.5, shm_size: 1 },
  };
  const limited = { memory: 512 * 1024 ** 2, cpus: 1.5, sharedMemory: 1024 ** 3 };
  assert.deepEqual(plan({ config, mounts: [] }).resources, limited);
  assert.deepEqual(plan({ config, mounts: [] }, { limits: false }).resources, { sharedMemory: 1024 ** 3 });
  const own = { ...config, containers: [{ image: "a", resources: { memory: "1Gi", cpu: "500m" } }] };
  const made = plan({ config: own, mounts: [] }).resources;
  assert.deepEqual([made.memory, made.cpus], [1024 ** 3, 0.5]);
  await Promise.resolve();
});

test("an image inside a VPC is taken from outside, with a warning", async () => {
  const made = await planned({ image: "eas-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai-eas/py:3" });
  assert.equal(made.image, "eas-registry.cn-hangzhou.cr.aliyuncs.com/pai-eas/py:3");
  assert.match(made.warnings.join(), /inside a VPC/);
  const old = await planned({ image: "registry-vpc.cn-beijing.aliyuncs.com/a/b:1" });
  assert.equal(old.image, "registry.cn-beijing.aliyuncs.com/a/b:1");
  const internal = await planned({ image: "me-registry-internal.cn-beijing.cr.aliyuncs.com/a/b" });
  assert.equal(internal.image, "me-registry.cn-beijing.cr.aliyuncs.com/a/b");
  assert.equal((await planned({ image: "docker.io/registry-vpc.x/b" })).image, "docker.io/registry-vpc.x/b");
});

test("a command without a shell's work needs no shell", async () => {
  const start = (command: string) =>
    plan({ config: { containers: [{ image: "a", command, args: ["--x"] }] }, mounts: [] }).start;
  assert.deepEqual(start(`/serve --name 'a b' "c\\"d"`), {
    kind: "program",
    words: ["/serve", "--name", "a b", 'c"d', "--x"],
  });
  assert.deepEqual(start("serve $PORT"), { kind: "script", text: "serve $PORT --x" });
  assert.deepEqual(start("cd /x"), { kind: "script", text: "cd /x --x" });
  await Promise.resolve();
});

test("the image's own command runs after what is installed, and as it is when nothing is", () => {
  const image = { entrypoint: ["/bin/serve"], command: ["--port", "a b"] };
  const start = { kind: "image", args: [] } as const;
  assert.deepEqual(launchOf({ start, serviceName: "iris" }, image), { files: {} });
  const requirements = { kind: "file", path: "/a b/r.txt" } as const;
  const { files } = launchOf({ start, requirements, serviceName: "iris" }, image);
  assert.equal(
    files["/.pai-edge/start.sh"],
    "trap 'exit 143' TERM\n" +
      "python -m pip install --disable-pip-version-check -r '/a b/r.txt' || exit $?\n" +
      "exec /bin/serve --port 'a b'\n",
  );
  const none = { entrypoint: [], command: [] };
  assert.throws(() => launchOf({ start, requirements, serviceName: "iris" }, none), TypeError);
});

// Whatever JSON a configuration has where the types promise something else.
const anything = fc.jsonValue({ maxDepth: 2 });
const odd = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 40, arbitrary: value }, { weight: 1, arbitrary: anything });
const path = fc.array(fc.constantFrom("a", "b", "..", ".", "", ".pai-edge", "dev", "shm"), { maxLength: 4 })
  .map((names) => `/${names.join("/")}`);
const mountPath = fc.option(fc.oneof(path, fc.constantFrom("relative", "", "/\0")), { nil: undefined });
const source = odd(fc.oneof(
  fc.constantFrom("oss://b/x/", "oss://c/y/", "oss://b"),
  fc.constant(onDisk("/srv/me/x")),
  fc.record({
    empty_dir: odd(fc.record({ medium: fc.constantFrom("memory", ""), size_limit: odd(fc.nat()) })),
  }),
  fc.record({ nfs: odd(fc.record({ server: odd(fc.constantFrom("h", "a,b")), path: odd(path) })) }),
  fc.record({
    oss: odd(fc.record({ path: odd(fc.constantFrom("oss://b/x")), readOnly: odd(fc.boolean()) })),
  }),
  fc.record({ git: anything }),
  fc.record({ image: odd(fc.record({ image: odd(fc.constantFrom("a", "A")), path: odd(path) })) }),
));
const container = odd(fc.record({
  image: odd(fc.constantFrom("img:1", "registry-vpc.cn-x.aliyuncs.com/a/b")),
  port: odd(fc.nat(70_000)),
  script: odd(fc.constant("run")),
  command: odd(fc.string()),
  args: odd(fc.array(fc.string())),
  env: odd(fc.array(odd(fc.record({ name: odd(fc.string()), value: odd(fc.string()) })))),
  prepare: odd(
    fc.record({ pythonRequirements: odd(fc.array(fc.string())), pythonRequirementsPath: odd(fc.string()) }),
  ),
  resources: odd(fc.record({ memory: odd(fc.constantFrom("1Gi", 5)), cpu: odd(fc.constantFrom("1", "5m")) })),
  health_check: odd(fc.record({
    http_get: odd(fc.record({ path: odd(fc.string()), port: odd(fc.nat(70_000)) })),
    exec: odd(fc.record({ command: odd(fc.array(fc.string())) })),
  }, { requiredKeys: [] })),
}, { requiredKeys: ["image"] }));
const deployments = fc.record({
  config: fc.record({
    containers: odd(fc.array(container, { minLength: 1, maxLength: 1 })),
    metadata: odd(
      fc.record({ memory: odd(fc.nat()), cpu: odd(fc.nat()), shm_size: odd(fc.nat()), gpu: anything }),
    ),
  }, { requiredKeys: ["containers"] }),
  mounts: fc.array(fc.record({ mountPath, source }), { maxLength: 3 }),
});

test("any deployment is either refused, or planned with paths that are absolute, plain and unique", () => {
  let plans = 0;
  fc.assert(
    fc.property(deployments, (deployment) => {
      let made: ContainerPlan;
      try {
        made = plan(deployment as unknown as Deployment, { storages: [memory({ bucket: "b" })] }); // whatever users wrote
      } catch (error) {
        assert.ok(error instanceof TypeError || error instanceof RangeError, String(error));
        assert.match(error.message, /^Cannot /);
        return;
      }
      plans++;
      const paths = made.mounts.map(({ path }) => path);
      assert.equal(new Set(paths).size, paths.length);
      for (const path of paths) assert.match(path, /^(\/(?!\.{0,2}(\/|$))[^/\0]+)+$/);
      assert.ok(made.port > 0 && made.port < 65_536);
      assert.equal(made.env.LISTENING_PORT, String(made.port));
      for (const [name, value] of Object.entries(made.env)) {
        assert.ok(/^[^=\0]+$/.test(name) && typeof value === "string");
      }
      JSON.stringify(containerSpec(made, {
        launch: launchOf(made, { entrypoint: ["/x"], command: [] }),
        labels: {},
        volumeOf: ({ path }) => path,
      }));
    }),
    { numRuns: 2000 },
  );
  assert.ok(plans > 50, `${plans} plans`);
});
