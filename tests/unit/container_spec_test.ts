import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TimeoutError } from "../../core/errors.ts";
import type { FileEntry, FileSource } from "../../core/files.ts";
import {
  type ContainerServingOptions,
  containerServingSpec,
  emptyDir,
  type InferenceSpec,
  Model,
  type Target,
} from "../../plugins/deploy/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";

const base = { command: "python app.py", image: "img:1" };
const folder = (files: Record<string, string> = { "app.py": "" }): FileSource =>
  fromMap(files, { label: "./src" });
const repo = "https://github.com/owner/name.git";

/** What options make of the container and the storage. */
function made(options: Partial<ContainerServingOptions>) {
  const { containers, storage } = containerServingSpec({ ...base, ...options }).toJSON();
  return { ...containers?.[0], storage };
}

const good: { name: string; options: Partial<ContainerServingOptions>; to: Record<string, unknown> }[] = [
  {
    name: "writes values of variables as text, in order",
    options: { environmentVariables: { B: true, A: 1.5, C: "x y", D: false, E: "" } },
    to: {
      env: [
        { name: "B", value: "true" },
        { name: "A", value: "1.5" },
        { name: "C", value: "x y" },
        { name: "D", value: "false" },
        { name: "E", value: "" },
      ],
    },
  },
  { name: "takes the port of a variable", options: { port: "5000" }, to: { port: 5000 } },
  { name: "takes an empty port for none", options: { port: "" }, to: { port: 8000 } },
  {
    name: "runs a command in a folder on OSS, which it doesn't look into",
    options: { sourceDir: "oss://b/src-1.5/app.d" },
    to: {
      script: "cd /ml/usercode/\npython app.py\n",
      storage: [{ mount_path: "/ml/usercode/", oss: { path: "oss://b/src-1.5/app.d/" } }],
      prepare: undefined,
    },
  },
  {
    name: "takes code from Git",
    options: { gitConfig: { repo, branch: "main", commit: "abc1234", token: "hush" } },
    to: {
      script: "cd /ml/usercode/\npython app.py\n",
      storage: [{
        mount_path: "/ml/usercode/",
        git: { repo, branch: "main", commit: "abc1234", username: "x-access-token", password: "hush" },
      }],
    },
  },
  {
    name: "starts in a folder of the repository",
    options: { gitConfig: { repo }, sourceDir: "./serving/v 1" },
    to: {
      script: "cd '/ml/usercode/serving/v 1/'\npython app.py\n",
      storage: [{ mount_path: "/ml/usercode/", git: { repo } }],
    },
  },
  {
    name: "takes the root of the repository by its name",
    options: { gitConfig: { repo, username: "u", password: "hush" }, sourceDir: "./" },
    to: { script: "cd /ml/usercode/\npython app.py\n" },
  },
  {
    name: "puts a requirements file inside the code",
    options: { sourceDir: "oss://b/src/", requirementsPath: "./serving/requirements.txt" },
    to: { prepare: { pythonRequirementsPath: "/ml/usercode/serving/requirements.txt" } },
  },
  {
    name: "takes an empty list of requirements for none",
    options: { requirements: [] },
    to: { prepare: undefined },
  },
  {
    name: "puts the code over storage at its path",
    options: { storage: { "/ml/usercode": emptyDir(), "/x": emptyDir() }, sourceDir: "oss://b/src/" },
    to: {
      storage: [
        { mount_path: "/x", empty_dir: {} },
        { mount_path: "/ml/usercode/", oss: { path: "oss://b/src/" } },
      ],
    },
  },
  {
    name: "takes entries of storage as the console shows them",
    options: {
      storage: [{ dataset: { id: "d-1" }, mount_path: "/data/", "x.y": null }, {
        nfs: { server: "s", path: "/" },
      }],
    },
    to: {
      storage: [{ dataset: { id: "d-1" }, mount_path: "/data/", "x.y": null }, {
        nfs: { server: "s", path: "/" },
      }],
    },
  },
];

for (const { name, options, to } of good) {
  test(`containerServingSpec() ${name}`, () => {
    const result = made(options) as Record<string, unknown>;
    for (const [key, value] of Object.entries(to)) assert.deepEqual(result[key], value);
  });
}

const bad: { name: string; options: unknown; says: RegExp; error?: ErrorConstructor }[] = [
  { name: "no options", options: undefined, says: /command is missing/ },
  { name: "no command", options: { image: "i" }, says: /command is missing/ },
  {
    name: "an option that there is none of",
    options: { ...base, enviromentVariables: { A: 1 } },
    says: /unknown option "enviromentVariables"; use command, image, .*environmentVariables/,
  },
  { name: "an empty command", options: { ...base, command: " " }, says: /command must be a text/ },
  {
    name: "a list as the command",
    options: { ...base, command: ["python"] },
    says: /command must be a text/,
  },
  { name: "no image", options: { command: "c" }, says: /image is missing/ },
  { name: "an image without address", options: { ...base, image: { uri: 1 } }, says: /image must be a text/ },
  {
    name: "a port beyond the last",
    options: { ...base, port: 65536 },
    says: /1 to 65535/,
    error: RangeError,
  },
  { name: "a port that is no number", options: { ...base, port: "80a" }, says: /"80a"/, error: RangeError },
  { name: "half a port", options: { ...base, port: 80.5 }, says: /80\.5/, error: RangeError },
  { name: "a local path", options: { ...base, sourceDir: "./src" }, says: /fromDisk\("\.\/src"\)/ },
  {
    name: "files and Git",
    options: { ...base, gitConfig: { repo }, sourceDir: folder() },
    says: /one of the two/,
  },
  {
    name: "a path out of the repository",
    options: { ...base, gitConfig: { repo }, sourceDir: "../x" },
    says: /"\.\."/,
  },
  {
    name: "an absolute path in a repository",
    options: { ...base, gitConfig: { repo }, sourceDir: "/x" },
    says: /absolute/,
  },
  {
    name: "null as the value of a variable",
    options: { ...base, environmentVariables: { A: null } },
    says: /"A" has no value/,
  },
  {
    name: "an object as the value of a variable",
    options: { ...base, environmentVariables: { A: {} } },
    says: /"A" must be a text, number or boolean/,
  },
  {
    name: "NaN as the value of a variable",
    options: { ...base, environmentVariables: { A: NaN } },
    says: /"A" must/,
  },
  {
    name: "a variable's name with a sign",
    options: { ...base, environmentVariables: { "A=B": 1 } },
    says: /"A=B" has a name/,
  },
  { name: "requirements in one text", options: { ...base, requirements: "a" }, says: /requirementsPath/ },
  { name: "an empty requirement", options: { ...base, requirements: ["a", ""] }, says: /requirements\[1\]/ },
  {
    name: "a health check that is no object",
    options: { ...base, healthCheck: "GET /" },
    says: /health_check.*object/,
  },
  {
    name: "one source at two paths",
    options: { ...base, storage: { "/a": "oss://b/x/", "/b": "oss://b/x" } },
    says: /mounted at "\/a" already/,
  },
  {
    name: "storage without a path",
    options: { ...base, storage: { data: emptyDir() } },
    says: /must start with "\/"/,
  },
];

for (const { name, options, says, error = TypeError } of bad) {
  test(`containerServingSpec() refuses ${name}`, () => {
    assert.throws(
      () => containerServingSpec(options as ContainerServingOptions), // what JavaScript callers may give
      (thrown) => thrown instanceof error && says.test(thrown.message),
    );
  });
}

test("containerServingSpec() tells that requirementsPath isn't used beside requirements", () => {
  const warnings: string[] = [];
  const spec = containerServingSpec({
    ...base,
    requirements: ["a"],
    requirementsPath: "/r.txt",
    onWarning: (message) => warnings.push(message),
  });
  assert.deepEqual(spec.toJSON().containers?.[0]?.prepare, { pythonRequirements: ["a"] });
  assert.deepEqual(warnings, [
    "requirements are given, so requirementsPath is not used; leave one of them out",
  ]);
});

const installs: { name: string; spec: () => InferenceSpec; prepare: unknown }[] = [
  {
    name: "installs the requirements.txt of its code",
    spec: () =>
      containerServingSpec({ ...base, sourceDir: folder({ "requirements.txt": "a", "app.py": "" }) }),
    prepare: { pythonRequirementsPath: "/ml/usercode/requirements.txt" },
  },
  {
    name: "installs no requirements.txt of a folder below",
    spec: () => containerServingSpec({ ...base, sourceDir: folder({ "test/requirements.txt": "a" }) }),
    prepare: undefined,
  },
  {
    name: "leaves the file that the container names",
    spec: () =>
      containerServingSpec({
        ...base,
        sourceDir: folder({ "requirements.txt": "a", "min.txt": "b" }),
        requirementsPath: "min.txt",
      }),
    prepare: { pythonRequirementsPath: "/ml/usercode/min.txt" },
  },
  {
    name: "knows nothing of files that were mounted by hand",
    spec: () => containerServingSpec(base).mount(folder({ "requirements.txt": "a" }), "/ml/usercode/"),
    prepare: undefined,
  },
  {
    name: "forgets code that was covered by another mount",
    spec: () =>
      containerServingSpec({ ...base, sourceDir: folder({ "requirements.txt": "a" }) })
        .mount("oss://b/src/", "/ml/usercode"),
    prepare: undefined,
  },
  {
    name: "outlives copies and options",
    spec: () =>
      containerServingSpec({ ...base, sourceDir: folder({ "requirements.txt": "a" }) }).clone()
        .merge({ "metadata.instance": 2 }),
    prepare: { pythonRequirementsPath: "/ml/usercode/requirements.txt" },
  },
];

for (const { name, spec, prepare } of installs) {
  test(`InferenceSpec toDeployment ${name}`, async () => {
    const before = spec();
    const { config, mounts } = await before.toDeployment();
    assert.deepEqual(config.containers?.[0]?.prepare, prepare);
    assert.equal(mounts.length, 1);
    assert.deepEqual(before.toJSON(), spec().toJSON(), "the spec has changed");
  });
}

test("InferenceSpec toDeployment stops reading code when it has found what it wants, or is told to", async () => {
  let read = 0;
  const endless: FileSource = {
    ...folder(),
    async *[Symbol.asyncIterator](): AsyncGenerator<FileEntry> {
      for (;;) {
        yield {
          path: read++ === 3 ? "requirements.txt" : `${read}`,
          size: 0,
          open: () => new ReadableStream(),
        };
      }
    },
  };
  await containerServingSpec({ ...base, sourceDir: endless }).toDeployment();
  assert.equal(read, 4);
  const stop = new AbortController();
  const deployment = containerServingSpec({ ...base, sourceDir: endless }).toDeployment({
    signal: stop.signal,
  });
  stop.abort(new Error("enough"));
  await assert.rejects(deployment, /enough/);
});

test("Model.deploy ends within its timeout when its code can't be read", async () => {
  const silent: FileSource = {
    ...folder(),
    [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
  };
  const model = new Model({ inferenceSpec: containerServingSpec({ ...base, sourceDir: silent }) });
  const target: Target = { deploy: () => Promise.reject(new Error("must not be asked")) };
  await assert.rejects(
    model.deploy(target, { timeout: 5 }),
    (error) =>
      error instanceof TimeoutError && /"\.\/src", reading it: no answer within 5 ms/.test(error.message),
  );
});

test("containerServingSpec() quotes any folder of a repository so that a shell finds it", () => {
  const part = fc.string({ minLength: 1, maxLength: 8 }).filter((name) =>
    !/[\\/\0]/.test(name) && name !== "." && name !== ".." && name.isWellFormed()
  );
  fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
    const script = made({ gitConfig: { repo }, sourceDir: parts.join("/") }).script ?? "";
    const word = script.slice("cd ".length, script.lastIndexOf("\npython app.py\n"));
    const unquoted = word.startsWith("'") ? word.slice(1, -1).replaceAll("'\\''", "'") : word;
    assert.equal(unquoted, `/ml/usercode/${parts.join("/")}/`);
    assert.ok(word.startsWith("'") || /^[\w/.-]+$/.test(word));
  }));
});
