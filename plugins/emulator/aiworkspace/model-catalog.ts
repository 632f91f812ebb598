import type { ModelRecord } from "./store.ts";

/** Models that PAI itself provides; invented, but with specifications of the forms that its own have. */
export function publicModels(region: string): Omit<ModelRecord, "id">[] {
  const image = (tag: string): string => `eas-registry-vpc.${region}.cr.aliyuncs.com/pai-eas/${tag}`;
  const uri = (name: string): string => `oss://pai-quickstart-${region}.oss-${region}.aliyuncs.com/${name}/`;
  const served = (name: string, tag: string, script: string): Record<string, unknown> => ({
    cloud: { computing: { instance_type: "ecs.gn6i-c8g1.2xlarge" } },
    containers: [{ image: image(tag), port: 8000, script }],
    metadata: { instance: 1, rpc: { keepalive: 60_000 } },
    storage: [{
      mount_path: "/eas/workspace/model/",
      oss: { path: `oss://pai-quickstart-${region}/${name}/`, readOnly: true },
      properties: { resource_type: "model", resource_use: "base" },
    }],
  });
  return [
    model("emulated-bert-small-zh", "nlp", "text-classification", {
      FrameworkType: "PyTorch",
      FormatType: "TorchScript",
      Uri: uri("bert-small-zh"),
      InferenceSpec: served(
        "bert-small-zh",
        "pytorch-inference:2.1-py310-gpu-cu121-ubuntu22.04",
        "python serve.py",
      ),
    }),
    model("emulated-chat-0.5b", "nlp", "large-language-model", {
      FrameworkType: "PyTorch",
      Uri: uri("chat-0.5b"),
      InferenceSpec: {
        vllm: served("chat-0.5b", "chat-llm-webui:3.0-vllm", "python webui/server.py --backend vllm"),
        webui: served("chat-0.5b", "chat-llm-webui:3.0-vllm", "python webui/server.py --webui"),
      },
    }),
  ];
}

const published = "2024-03-04T05:06:07Z";

function model(
  ModelName: string,
  Domain: string,
  Task: string,
  version: Record<string, unknown>,
): Omit<ModelRecord, "id"> {
  const times = { GmtCreateTime: published, GmtModifiedTime: published };
  return {
    members: { ModelName, Domain, Task, Provider: "pai", Origin: "pai", Accessibility: "PUBLIC", ...times },
    versions: new Map([["0.1.0", {
      VersionName: "0.1.0",
      ApprovalStatus: "Approved",
      SourceType: "Custom",
      ...times,
      ...version,
    }]]),
  };
}
