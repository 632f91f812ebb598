import assert from "node:assert/strict";
import type { FileEntry, FileSource } from "../../../core/files.ts";
import type { OssUri } from "../../../core/oss-uri.ts";
import {
  type ContainerServingOptions,
  containerServingSpec,
  emptyDir,
  InferenceSpec,
  nfs,
  ossFolder,
  raw,
  sharedMemory,
} from "../../../plugins/deploy/mod.ts";
import { fromMap } from "../../../plugins/storage/map.ts";
import type { ReferenceCase } from "./cases.ts";
import { deployed } from "./deployed.ts";

const endpoint = "oss-cn-beijing.aliyuncs.com";
const model = { mount_path: "/ml/model/", oss: { endpoint, path: "oss://pai-sdk-example/path/to/model/" } };
const code = { mount_path: "/ml/code/", oss: { path: "oss://pai-sdk-example/path/to/code/" } };
const withCode = (): InferenceSpec =>
  new InferenceSpec({ storage: [model] }).mount("oss://pai-sdk-example/path/to/code/", "/ml/code/");

const container = { containers: [{ image: "i", port: 8000, script: "c" }] };
const properties = { resource_type: "model", resource_use: "base" };
const base = { command: "python app.py", image: "img:1" };
const source = (files: Record<string, string> = { "app.py": "" }): FileSource =>
  fromMap(files, { label: "./src" });

// A folder of this deployment's own, and code apart from models.
const folder = (category: string): RegExp => new RegExp(`^oss://my-bucket/pai/${category}/[\\w]+/$`);

/** The entry of `storage` whose folder is made when it is deployed, with that folder's name replaced. */
function named(storage: unknown, category: string, index = 0): unknown {
  const entries = structuredClone(storage) as { oss: { path: string } }[]; // the rows say what it holds
  assert.match(entries[index]!.oss.path, folder(category));
  entries[index]!.oss.path = "<folder>";
  return entries;
}

const mounted = (address: OssUri): unknown =>
  new InferenceSpec().mount(address, "/ml/model/").toJSON().storage;

const mountRows: ReferenceCase[] = [
  {
    id: "T-10",
    title: "mount appends an OSS folder to the storage that is there",
    run: () => assert.deepEqual(withCode().toJSON().storage, [model, code]),
  },
  {
    id: "T-11",
    title: "mount refuses a folder that is mounted elsewhere, and changes nothing",
    run() {
      const spec = withCode();
      assert.throws(
        () => spec.mount("oss://pai-sdk-example/path/to/model/", "/ml/hello/"),
        /"oss:\/\/pai-sdk-example\/path\/to\/model\/" at "\/ml\/hello\/": it is mounted at "\/ml\/model\/" already/,
      );
      assert.deepEqual(spec.toJSON().storage, [model, code]);
    },
  },
  {
    id: "T-12",
    title: "mount replaces what is at the path",
    run() {
      const spec = withCode().mount("oss://pai-sdk-example/other/", "/ml/code/");
      const other = { mount_path: "/ml/code/", oss: { path: "oss://pai-sdk-example/other/" } };
      assert.deepEqual(spec.toJSON().storage, [model, other]);
    },
  },
  {
    id: "T-13",
    title: "mount of a file mounts its folder",
    run: () =>
      assert.deepEqual(mounted("oss://b/path/to/model.json"), [
        { mount_path: "/ml/model/", oss: { path: "oss://b/path/to/" } },
      ]),
  },
  {
    id: "T-14",
    title: "mount of an address without a slash mounts that folder, not the one around it",
    run: () =>
      assert.deepEqual(mounted("oss://b/path/to/data"), [
        { mount_path: "/ml/model/", oss: { path: "oss://b/path/to/data/" } },
      ]),
  },
  {
    id: "T-15",
    title: "mount keeps the endpoint of an address",
    run: () =>
      assert.deepEqual(mounted(`oss://b.${endpoint}/p/`), [
        { mount_path: "/ml/model/", oss: { path: "oss://b/p/", endpoint } },
      ]),
  },
  {
    id: "T-16",
    title: "mount writes properties, and leaves empty ones out",
    run() {
      const spec = new InferenceSpec().mount("oss://b/p/", "/p", { properties: { resource_type: "code" } })
        .mount("oss://b/q/", "/q", { properties: {} });
      assert.deepEqual(spec.toJSON().storage, [
        { mount_path: "/p", oss: { path: "oss://b/p/" }, properties: { resource_type: "code" } },
        { mount_path: "/q", oss: { path: "oss://b/q/" } },
      ]);
    },
  },
  {
    id: "T-17",
    title: "mount refuses what is neither files nor an address",
    run() {
      for (const source of [5, undefined, "", "./missing", {}]) {
        assert.throws(() => new InferenceSpec().mount(source as OssUri, "/p"), TypeError); // what JavaScript may give
      }
    },
  },
  {
    id: "T-18",
    title: "mount of a folder uploads its files and mounts theirs",
    async run() {
      const files = fromMap({ "a.txt": "a", "sub/b.txt": "b" }, { label: "./tok" });
      const spec = new InferenceSpec(container).mount(files, "/ml/tokenizers/");
      const { config, keys } = await deployed(spec);
      const path = config.storage?.[0]?.oss?.path ?? "";
      assert.match(path, folder("model_data"));
      assert.deepEqual(keys.map((key) => `oss://my-bucket/${key}`), [`${path}a.txt`, `${path}sub/b.txt`]);
    },
  },
];

const modelRows: ReferenceCase[] = [
  {
    id: "T-20",
    title: "setModelData gives a processor its path, and the endpoint beside it",
    run: () =>
      assert.deepEqual(new InferenceSpec({ processor: "pmml" }).setModelData("oss://b.ep.com/k/m").toJSON(), {
        processor: "pmml",
        model_path: "oss://b/k/m",
        oss_endpoint: "ep.com",
      }),
  },
  {
    id: "T-21",
    title: "setModelData mounts the model of a container behind its code",
    run: () =>
      assert.deepEqual(
        new InferenceSpec({ ...container, storage: [code] }).setModelData("oss://b/v1/").toJSON().storage,
        [code, { mount_path: "/eas/workspace/model/", oss: { path: "oss://b/v1/" }, properties }],
      ),
  },
  {
    id: "T-22",
    title: "setModelData replaces a model where it is",
    run: () =>
      assert.deepEqual(
        new InferenceSpec({ ...container, storage: [code] }).setModelData("oss://b/v1/").setModelData(
          "oss://b/v2/",
        )
          .toJSON().storage,
        [code, { mount_path: "/eas/workspace/model/", oss: { path: "oss://b/v2/" }, properties }],
      ),
  },
  {
    id: "T-23",
    title: "setModelData keeps the mount path and properties of a model",
    run() {
      const old = { mount_path: "/m", oss: { path: "oss://b/old/" }, properties: { resource_type: "model" } };
      const spec = new InferenceSpec({ ...container, storage: [old] });
      assert.deepEqual(spec.setModelData(`oss://b.${endpoint}/new/x.bin`).toJSON().storage, [
        { ...old, oss: { path: "oss://b/new/", endpoint } },
      ]);
    },
  },
  {
    id: "T-24",
    title: "setModelData warns and changes nothing when the folder is mounted elsewhere",
    run() {
      const warnings: string[] = [];
      const onWarning = (message: string): unknown => warnings.push(message);
      const spec = new InferenceSpec({ ...container, storage: [code] });
      spec.setModelData("oss://pai-sdk-example/path/to/code/", { onWarning });
      assert.deepEqual(spec.toJSON().storage, [code]);
      assert.deepEqual(warnings, ['the model is mounted at "/ml/code/" already and stays there']);
    },
  },
];

const withSource = {
  containers: [{ image: "img:1", port: 8000, script: "cd /ml/usercode/\npython app.py\n", env: [] }],
};

const containerRows: ReferenceCase[] = [
  {
    id: "T-25",
    title: "containerServingSpec of a command and an image",
    run: () =>
      assert.deepEqual(containerServingSpec(base).toJSON(), {
        containers: [{ image: "img:1", port: 8000, script: "python app.py", env: [] }],
      }),
  },
  {
    id: "T-26",
    title: "containerServingSpec of a source folder with a requirements.txt",
    async run() {
      const spec = containerServingSpec({
        ...base,
        sourceDir: source({ "app.py": "", "requirements.txt": "fastapi\n" }),
        port: 5000,
        environmentVariables: { A: 1 },
      });
      const { config } = await deployed(spec);
      assert.deepEqual(config.containers, [{
        image: "img:1",
        port: 5000,
        script: "cd /ml/usercode/\npython app.py\n",
        env: [{ name: "A", value: "1" }],
        prepare: { pythonRequirementsPath: "/ml/usercode/requirements.txt" },
      }]);
      assert.deepEqual(named(config.storage, "inference_src"), [
        { mount_path: "/ml/usercode/", oss: { path: "<folder>" } },
      ]);
    },
  },
  {
    id: "T-27",
    title: "containerServingSpec with requirements and a health check",
    run: () =>
      assert.deepEqual(
        containerServingSpec({ ...base, requirements: ["a"], healthCheck: { http_get: { path: "/" } } })
          .toJSON(),
        {
          containers: [{
            image: "img:1",
            port: 8000,
            script: "python app.py",
            env: [],
            health_check: { http_get: { path: "/" } },
            prepare: { pythonRequirements: ["a"] },
          }],
        },
      ),
  },
  {
    id: "T-28",
    title: "containerServingSpec mounts storage in order, and the code last",
    async run() {
      const spec = containerServingSpec({
        ...base,
        storage: {
          "/dev/shm": sharedMemory(64),
          "/nfs": nfs("x.nas.aliyuncs.com"),
          "/o": `oss://b.${endpoint}/p/`,
          "/d": emptyDir(),
        },
        sourceDir: source(),
      });
      const { config } = await deployed(spec);
      assert.deepEqual(named(config.storage, "inference_src", 4), [
        { empty_dir: { medium: "memory", size_limit: 64 }, mount_path: "/dev/shm" },
        { mount_path: "/nfs", nfs: { path: "/", readOnly: false, server: "x.nas.aliyuncs.com" } },
        { mount_path: "/o", oss: { path: "oss://b/p/", endpoint } },
        { empty_dir: {}, mount_path: "/d" },
        { mount_path: "/ml/usercode/", oss: { path: "<folder>" } },
      ]);
      assert.deepEqual(config.containers, withSource.containers);
    },
  },
  {
    id: "T-29",
    title: "containerServingSpec refuses EAS's own ports, and makes numbers of others",
    run() {
      const portOf = (port: ContainerServingOptions["port"]): unknown =>
        containerServingSpec({ ...base, port }).toJSON().containers?.[0]?.port;
      for (const port of [8080, "9090"]) assert.throws(() => portOf(port), /port (8080|9090) belongs to EAS/);
      assert.deepEqual([0, undefined, "8001"].map(portOf), [8000, 8000, 8001]);
    },
  },
  {
    id: "T-30",
    title: "containerServingSpec: a source folder that is missing, or a file, is no deployment",
    async run() {
      const missing: FileSource = {
        ...source(),
        async *[Symbol.asyncIterator](): AsyncGenerator<FileEntry> {
          yield* [];
          throw new Error('"./src" does not exist');
        },
      };
      const file: FileSource = { ...source(), kind: () => Promise.resolve("file") };
      for (const [sourceDir, says] of [[missing, /does not exist/], [file, /it is a file/]] as const) {
        await assert.rejects(containerServingSpec({ ...base, sourceDir }).toDeployment(), says);
      }
    },
  },
  {
    id: "T-31",
    title: "containerServingSpec installs the requirements given, and warns once of the file",
    async run() {
      const sourceDir = source({ "app.py": "", "requirements.txt": "fastapi\n" });
      const { config, messages } = await deployed(
        containerServingSpec({ ...base, sourceDir, requirements: ["a"] }),
      );
      assert.deepEqual(config.containers?.[0]?.prepare, { pythonRequirements: ["a"] });
      assert.equal(messages.filter((message) => message.startsWith("requirements are given")).length, 1);
    },
  },
  {
    id: "T-32",
    title: "containerServingSpec takes a requirements file of the image without a source folder",
    run: () =>
      assert.deepEqual(
        containerServingSpec({ ...base, requirementsPath: "/a/requirements.txt" }).toJSON().containers?.[0]
          ?.prepare,
        { pythonRequirementsPath: "/a/requirements.txt" },
      ),
  },
  {
    id: "T-33",
    title: "every kind of storage is written as the console writes it",
    run() {
      const spec = containerServingSpec({
        ...base,
        storage: {
          "/o": ossFolder(`oss://b.${endpoint}/p/`),
          "/nfs": nfs("x.nas.aliyuncs.com", { path: "/", readOnly: false }),
          "/dev/shm": sharedMemory(64),
          "/node": emptyDir(),
          "/data_image": raw({
            image: { image: "MyImageUri", path: "/path/to/mount/" },
            mount_path: "/data_image",
          }),
        },
      });
      assert.deepEqual(spec.toJSON().storage, [
        { mount_path: "/o", oss: { path: "oss://b/p/", endpoint } },
        { mount_path: "/nfs", nfs: { path: "/", readOnly: false, server: "x.nas.aliyuncs.com" } },
        { empty_dir: { medium: "memory", size_limit: 64 }, mount_path: "/dev/shm" },
        { empty_dir: {}, mount_path: "/node" },
        { image: { image: "MyImageUri", path: "/path/to/mount/" }, mount_path: "/data_image" },
      ]);
    },
  },
  {
    id: "T-34",
    title: "containerServingSpec keeps the lines of a command as they are",
    run: () =>
      assert.equal(
        containerServingSpec({ ...base, command: "export A=1\npython app.py", sourceDir: source() })
          .toJSON().containers?.[0]?.script,
        "cd /ml/usercode/\nexport A=1\npython app.py\n",
      ),
  },
  {
    id: "T-35",
    title: "containerServingSpec takes an image as it was found",
    run() {
      const image = {
        name: "pytorch-inference",
        uri: "registry/pytorch-inference:2.0",
        framework: "PyTorch",
      };
      assert.equal(
        containerServingSpec({ ...base, image }).toJSON().containers?.[0]?.image,
        "registry/pytorch-inference:2.0",
      );
    },
  },
  {
    id: "T-36",
    title: "InferenceSpec.fromServingScript does what containerServingSpec does",
    run() {
      const options = { ...base, sourceDir: source(), requirements: ["fastapi", "uvicorn"], port: 8001 };
      assert.deepEqual(
        InferenceSpec.fromServingScript(options).toJSON(),
        containerServingSpec(options).toJSON(),
      );
    },
  },
];

/** T-10 to T-36: InferenceSpec, mounts, model data and containerServingSpec. */
export const spec: ReferenceCase[] = [...mountRows, ...modelRows, ...containerRows];
