// For the same call, the service configuration that the PAI SDK for Python sends and ours, field by field. Whatever is
// not the same stands in the table with its reason; a difference that is gone fails as well.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Client, createClient } from "../../core/client.ts";
import {
  containerServingSpec,
  eas,
  type EasDeployOptions,
  emptyDir,
  InferenceSpec,
  Model,
  type ModelOptions,
  nfs,
  ossFolder,
  raw,
  sharedMemory,
} from "../../plugins/deploy/mod.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { oss } from "../../plugins/storage/oss.ts";
import { bucket, lasting, startCloud } from "./cloud.ts";
import { createdConfig, differences, isServices, pai, type SentRequest } from "./pai.ts";
import { type PythonServer, skipPython, startPython } from "./python.ts";

const skip = { skip: skipPython };
const server: Promise<PythonServer> | undefined = skipPython ? undefined : startPython("pai_client.py");
after(async () => await (await server)?.stop());

interface Row {
  /** What is deployed. */
  what: string;
  /** How the SDK for Python is told so. */
  theirs: Record<string, unknown>;
  /** How we are told so. */
  ours: { model: ModelOptions; options: Omit<EasDeployOptions, "serviceName"> };
  /** Fields that are not the same: theirs, ours, and why. */
  differences?: Record<string, [theirs: unknown, ours: unknown, why: string]>;
  /** How the emulator refuses what the SDK sends, where that is no configuration. */
  refused?: RegExp;
}

const workspace: Record<string, [unknown, unknown, string]> = {
  "metadata.workspace_id": [undefined, "100001", "B-15: the reference never tells the workspace"],
};
const image = "registry/ns/app:1";
const size = { instance_type: "ecs.c6.large" };
const sized = { instanceType: "ecs.c6.large" } as const;
const container = { image_uri: image, command: "python app.py" };
const contained = { image, command: "python app.py" };
const modelMount = "storage[0].oss.path";

const rows: Row[] = [
  {
    what: "an image and a command",
    theirs: { container, deploy: size },
    ours: { model: { inferenceSpec: containerServingSpec(contained) }, options: sized },
  },
  {
    what: "a container with every option of its own",
    theirs: {
      container: {
        ...container,
        port: 8001,
        environment_variables: { A: "1", B: "x y", C: 2 },
        requirements: ["fastapi", "uvicorn==0.30"],
        health_check: { http_get: { path: "/health", port: 8001 }, period_seconds: 5 },
      },
      deploy: { ...size, instance_count: 3 },
    },
    ours: {
      model: {
        inferenceSpec: containerServingSpec({
          ...contained,
          port: 8001,
          environmentVariables: { A: "1", B: "x y", C: 2 },
          requirements: ["fastapi", "uvicorn==0.30"],
          healthCheck: { http_get: { path: "/health", port: 8001 }, period_seconds: 5 },
        }),
      },
      options: { ...sized, instanceCount: 3 },
    },
  },
  {
    what: "variables that are no texts, and a port that is one",
    refused: /containers\[0\]\.port: must be integer/,
    theirs: {
      container: { ...container, port: "8001", environment_variables: { A: true, B: 0.5 } },
      deploy: size,
    },
    ours: {
      model: {
        inferenceSpec: containerServingSpec({
          ...contained,
          port: "8001",
          environmentVariables: { A: true, B: 0.5 },
        }),
      },
      options: sized,
    },
    differences: {
      "containers[0].port": ["8001", 8001, "B-30: a port is a number"],
      "containers[0].env[0].value": ["True", "true", "B-27: programs don't read Python's spelling"],
    },
  },
  {
    what: "a file of requirements in the image",
    theirs: { container: { ...container, requirements_path: "/app/requirements.txt" }, deploy: size },
    ours: {
      model: {
        inferenceSpec: containerServingSpec({ ...contained, requirementsPath: "/app/requirements.txt" }),
      },
      options: sized,
    },
    differences: {
      "containers[0].prepare": [
        undefined,
        { pythonRequirementsPath: "/app/requirements.txt" },
        "B-10: the reference forgets it where there is no code",
      ],
    },
  },
  {
    what: "every kind of storage",
    theirs: {
      container: {
        ...container,
        storage: [
          ["shm", 64],
          ["nfs", "/nfs", "x.nas.aliyuncs.com"],
          ["oss", "/o", "oss://b/p/", "oss-cn-beijing.aliyuncs.com"],
          ["node", "/d"],
          ["raw", { mount_path: "/image", image: { image: "i", path: "/p/" } }],
        ],
      },
      deploy: size,
    },
    ours: {
      model: {
        inferenceSpec: containerServingSpec({
          ...contained,
          storage: {
            "/dev/shm": sharedMemory(64),
            "/nfs": nfs("x.nas.aliyuncs.com"),
            "/o": ossFolder("oss://b.oss-cn-beijing.aliyuncs.com/p/"),
            "/d": emptyDir(),
            "/image": raw({ image: { image: "i", path: "/p/" } }),
          },
        }),
      },
      options: sized,
    },
  },
  {
    what: "a model of a container, on OSS in another region",
    theirs: { container, modelData: "oss://b.oss-cn-beijing.aliyuncs.com/path/model/", deploy: size },
    ours: {
      model: {
        modelData: "oss://b.oss-cn-beijing.aliyuncs.com/path/model/",
        inferenceSpec: containerServingSpec(contained),
      },
      options: sized,
    },
    differences: {
      "storage[0].oss.endpoint": [
        undefined,
        "oss-cn-beijing.aliyuncs.com",
        "B-04: without it the bucket is not found from here",
      ],
    },
  },
  {
    what: "a model of a container, whose folder is named without its slash",
    theirs: { container, modelData: "oss://b/path/model", deploy: size },
    ours: {
      model: { modelData: "oss://b/path/model", inferenceSpec: containerServingSpec(contained) },
      options: sized,
    },
    differences: {
      [modelMount]: [
        "oss://b/path/",
        "oss://b/path/model/",
        "B-03: the reference mounts all that lies beside it",
      ],
    },
  },
  {
    what: "an asynchronous container",
    theirs: { container, modelData: "oss://b/path/model/", deploy: { ...size, service_type: "Async" } },
    ours: {
      model: { modelData: "oss://b/path/model/", inferenceSpec: containerServingSpec(contained) },
      options: { ...sized, serviceType: "Async" },
    },
  },
  {
    what: "code, with its requirements",
    theirs: {
      container: { ...container, sourceFiles: { "app.py": "run()", "requirements.txt": "fastapi" } },
      deploy: size,
    },
    ours: {
      model: {
        inferenceSpec: containerServingSpec({
          ...contained,
          sourceDir: fromMap({ "app.py": "run()", "requirements.txt": "fastapi" }),
        }),
      },
      options: sized,
    },
    differences: {
      "containers[0].script": [
        "# change working directory to code mount path.\ncd /ml/usercode/\npython app.py\n",
        "cd /ml/usercode/\npython app.py\n",
        "the comment says what the line says",
      ],
      "storage[0].oss.path": [
        `oss://${bucket}/pai/model_data/<name>/`,
        `oss://${bucket}/pai/inference_src/<name>/`,
        "B-23: code is no model",
      ],
    },
  },
  {
    what: "code, with a command of two lines",
    theirs: {
      container: { ...container, command: "export A=1\npython app.py", sourceFiles: { "app.py": "run()" } },
      deploy: size,
    },
    ours: {
      model: {
        inferenceSpec: containerServingSpec({
          ...contained,
          command: "export A=1\npython app.py",
          sourceDir: fromMap({ "app.py": "run()" }),
        }),
      },
      options: sized,
    },
    differences: {
      "containers[0].script": [
        [
          "        # change working directory to code mount path.",
          "        cd /ml/usercode/",
          "        export A=1",
          "python app.py",
          "",
        ].join("\n"),
        "cd /ml/usercode/\nexport A=1\npython app.py\n",
        "B-28: indented lines would break here-documents",
      ],
      "storage[0].oss.path": [
        `oss://${bucket}/pai/model_data/<name>/`,
        `oss://${bucket}/pai/inference_src/<name>/`,
        "B-23: code is no model",
      ],
    },
  },
  {
    what: "a model file of a container, uploaded",
    theirs: { container, modelFiles: { "model.json": "{}" }, deploy: size },
    ours: {
      model: { modelData: fromMap({ "model.json": "{}" }), inferenceSpec: containerServingSpec(contained) },
      options: sized,
    },
  },
  {
    what: "a processor, with options in dots",
    theirs: {
      spec: { processor: "pmml", metadata: { rpc: { keepalive: 1000 } } },
      modelData: "oss://b/path/model.pmml",
      deploy: { ...size, options: { "metadata.rpc.batching": true, warm_up_data_path: "oss://b/warm" } },
    },
    ours: {
      model: {
        modelData: "oss://b/path/model.pmml",
        inferenceSpec: new InferenceSpec({ processor: "pmml", metadata: { rpc: { keepalive: 1000 } } }),
      },
      options: { ...sized, options: { "metadata.rpc.batching": true, warm_up_data_path: "oss://b/warm" } },
    },
  },
  {
    what: "a processor whose model lies in another region",
    theirs: {
      spec: { processor: "pmml", metadata: {} }, // B-01 keeps it from a processor alone
      modelData: "oss://b.oss-cn-beijing.aliyuncs.com/path/model.pmml",
      deploy: size,
    },
    ours: {
      model: {
        modelData: "oss://b.oss-cn-beijing.aliyuncs.com/path/model.pmml",
        inferenceSpec: new InferenceSpec({ processor: "pmml" }),
      },
      options: sized,
    },
    differences: {
      oss_endpoint: [
        undefined,
        "oss-cn-beijing.aliyuncs.com",
        "B-04: without it the bucket is not found from here",
      ],
    },
  },
  {
    what: "a processor with resources of a dedicated group",
    theirs: {
      spec: { processor: "pmml", metadata: { rpc: { keepalive: 1 } } },
      modelData: "oss://b/path/model.pmml",
      deploy: {
        resource_config: { cpu: 2, memory: 4000, gpu: 1 },
        instance_count: 2,
        resource_id: "eas-r-abcdefgh",
      },
    },
    ours: {
      model: {
        modelData: "oss://b/path/model.pmml",
        inferenceSpec: new InferenceSpec({ processor: "pmml", metadata: { rpc: { keepalive: 1 } } }),
      },
      options: {
        resourceConfig: { cpu: 2, memory: 4000, gpu: 1 },
        instanceCount: 2,
        resourceId: "eas-r-abcdefgh",
      },
    },
  },
  {
    what: "a feature whose name has dots",
    refused: /features\.eas: must be/,
    theirs: {
      container,
      deploy: { ...size, options: { "features.eas.aliyun.com/extra-ephemeral-storage": "40Gi" } },
    },
    ours: {
      model: { inferenceSpec: containerServingSpec(contained) },
      options: { ...sized, options: { "features.eas.aliyun.com/extra-ephemeral-storage": "40Gi" } },
    },
    differences: {
      "features.eas": [
        { aliyun: { "com/extra-ephemeral-storage": "40Gi" } },
        undefined,
        "B-06: the reference splits the name of a feature",
      ],
      "features.eas.aliyun.com/extra-ephemeral-storage": [undefined, "40Gi", "B-06"],
    },
  },
];

/** Our client, and the requests that it sends. */
function recording(url: string): { client: Client; sent: SentRequest[] } {
  const sent: SentRequest[] = [];
  const endpoints = { eas: url, oss: url, aiworkspace: url };
  const client = createClient({
    region: "cn-hangzhou",
    credentials: lasting,
    workspaceId: "100001",
    endpoints,
    fetch(url, init) {
      const { method = "GET", body } = init;
      if (isServices(url)) {
        sent.push({ method, url, body: body ? new TextDecoder().decode(body as Uint8Array) : null });
      }
      return fetch(url, init);
    },
  });
  return { client, sent };
}

/** The configuration with a word in place of the names of uploaded folders, which nobody chose. */
function withoutNames(config: Record<string, unknown> | undefined): unknown {
  assert.ok(config, "no service was asked for");
  const text = JSON.stringify(config);
  return JSON.parse(text.replace(/(oss:\/\/[a-z-]+\/pai\/[a-z_]+)\/[\w-]+\//g, "$1/<name>/"));
}

for (const { what, theirs, ours, differences: listed = {}, refused } of rows) {
  test(`the PAI SDK and Model.deploy() send the same for ${what}, but for what is listed`, skip, async () => {
    await using cloud = await startCloud({ handlers: { peer: () => new Response("ok") } });
    const session = { workspaceId: "100001", bucket };
    const python = pai((await server)!, cloud.url, lasting, session);
    const deploy = { service_name: "peer", wait: false, ...theirs.deploy as Record<string, unknown> };
    const answer = await python.attempt({ op: "deploy", ...theirs, deploy });
    if (refused) assert.match(answer.error?.message ?? "", refused);
    else {
      assert.equal(answer.error, undefined);
      await python.ask({ op: "act", name: "peer", act: "delete" });
    }

    const { client, sent } = recording(cloud.url);
    const target = eas(client, { storage: oss(client, { bucket }) });
    const options = { serviceName: "peer", wait: false, ...ours.options } as EasDeployOptions;
    await new Model(ours.model).deploy(target, options);
    const found = differences(withoutNames(createdConfig(answer.sent)), withoutNames(createdConfig(sent)));
    const expected = Object.entries({ ...workspace, ...listed })
      .map(([path, [theirs, ours]]) => ({ path, theirs, ours }));
    const order = (a: { path: string }, b: { path: string }): number => a.path < b.path ? -1 : 1;
    assert.deepEqual(found.sort(order), expected.sort(order));
  });
}

test("every difference has its reason", () => {
  const reasons = rows.flatMap(({ differences = {} }) => Object.values(differences).map(([, , why]) => why));
  assert.ok(reasons.length > 10 && reasons.every((why) => why.length > 3));
});
