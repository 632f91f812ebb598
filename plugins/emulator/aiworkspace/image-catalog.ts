/** An image that the emulated AIWorkSpace lists. */
export interface EmulatedImage {
  /** Name. */
  name: string;
  /** Address. */
  uri: string;
  /** Labels, such as `system.chipType`. */
  labels: Readonly<Record<string, string>>;
  /** Time of its publication in UTC, `2024-01-02T03:04:05Z`. */
  createdAt: string;
  /** Description. @default {""} */
  description?: string;
}

type Scopes = `${"t" | ""}${"i" | ""}${"d" | ""}`;
type Row = readonly [
  published: string,
  scopes: Scopes,
  chip: "CPU" | "GPU" | "",
  repository: string,
  tag: string,
  framework: string,
  origin?: "Community",
];

// Invented, but as PAI's own are: who lists them (t for training, i for inference, d for notebooks), the label of the
// chip if they have one, repository and tag in the forms of different years, and the framework that their label names.
const rows: readonly Row[] = [
  ["2021-03-02", "t", "CPU", "tensorflow-training", "1.15.5-mkl-cpu-py36-ubuntu18.04", "TensorFlow=1.15.5"],
  ["2021-03-02", "t", "GPU", "tensorflow-training", "1.15.5-gpu-py36-cu100-ubuntu18.04", "TensorFlow=1.15.5"],
  ["2021-03-09", "t", "CPU", "tensorflow-training", "1.12-cpu-py36-ubuntu16.04", "TensorFlow=1.12"],
  ["2021-06-15", "t", "CPU", "tensorflow-training", "2.3-cpu-py36-ubuntu18.04", "TensorFlow=2.3"],
  ["2021-06-15", "t", "GPU", "tensorflow-training", "2.3-gpu-py36-cu101-ubuntu18.04", "TensorFlow=2.3"],
  ["2022-02-21", "td", "CPU", "tensorflow-training", "2.7-cpu-py38-ubuntu20.04", "TensorFlow=2.7"],
  ["2022-02-21", "td", "GPU", "tensorflow-training", "2.7-gpu-py38-cu112-ubuntu20.04", "TensorFlow=2.7"],
  ["2023-09-11", "td", "CPU", "tensorflow-training", "2.12-cpu-py39-ubuntu20.04", "TensorFlow=2.12"],
  ["2023-09-11", "td", "GPU", "tensorflow-training", "2.12-gpu-py39-cu118-ubuntu20.04", "TensorFlow=2.12"],
  ["2021-04-20", "i", "CPU", "tensorflow-inference", "2.3-py36-cpu-ubuntu18.04", "TensorFlow=2.3"],
  ["2021-04-20", "i", "", "tensorflow-inference", "1.15-py36-ubuntu18.04", "TensorFlow=1.15"],
  ["2022-05-05", "i", "GPU", "tensorflow-inference", "2.7-py38-gpu-cu112-ubuntu20.04", "TensorFlow=2.7"],
  ["2023-10-18", "i", "CPU", "tensorflow-inference", "2.12-py39-cpu-ubuntu20.04", "TensorFlow=2.12"],
  ["2021-05-11", "t", "CPU", "pytorch-training", "1.8-cpu-py36-ubuntu18.04", "PyTorch=1.8"],
  ["2021-05-11", "t", "GPU", "pytorch-training", "1.8-gpu-py36-cu111-ubuntu18.04", "PyTorch=1.8"],
  ["2022-01-27", "t", "GPU", "pytorch-training", "1.10.0PAI-gpu-py36-cu113-ubuntu18.04", "PyTorch=1.10.0PAI"],
  ["2022-01-27", "t", "CPU", "pytorch-training", "1.10-cpu-py38-ubuntu20.04", "PyTorch=1.10"],
  [
    "2022-10-12",
    "td",
    "GPU",
    "pytorch-training",
    "1.12.0PAI-gpu-py38-cu113-ubuntu20.04",
    "PyTorch=1.12.0PAI",
  ],
  ["2022-11-30", "td", "CPU", "pytorch-training", "1.12-cpu-py39-ubuntu20.04", "PyTorch=1.12"],
  ["2022-11-30", "td", "GPU", "pytorch-training", "1.12-gpu-py39-cu113-ubuntu20.04", "PyTorch=1.12"],
  ["2023-07-04", "td", "CPU", "pytorch-training", "2.0-cpu-py310-ubuntu22.04", "PyTorch=2.0"],
  ["2023-07-04", "td", "GPU", "pytorch-training", "2.0-gpu-py310-cu117-ubuntu22.04", "PyTorch=2.0"],
  [
    "2024-08-19",
    "td",
    "GPU",
    "pytorch",
    "2.4.0-gpu-py311-cu124-ubuntu22.04-5d0c41e7-1723971600",
    "PyTorch=2.4.0",
  ],
  ["2024-08-19", "td", "CPU", "pytorch", "2.4.0-cpu-py311-ubuntu22.04-90b2af13-1723971600", "PyTorch=2.4.0"],
  [
    "2024-12-03",
    "td",
    "GPU",
    "pytorch",
    "2.4.0-gpu-py311-cu124-ubuntu22.04-e17a6c92-1733184000",
    "PyTorch=2.4.0",
  ],
  ["2022-03-16", "i", "CPU", "pytorch-inference", "1.10-py38-cpu-ubuntu20.04", "PyTorch=1.10"],
  ["2022-12-08", "i", "GPU", "pytorch-inference", "1.12-py39-gpu-cu113-ubuntu20.04", "PyTorch=1.12"],
  ["2022-12-08", "i", "CPU", "pytorch-inference", "1.12-py39-ubuntu20.04", "PyTorch=1.12"],
  ["2023-11-21", "i", "GPU", "pytorch-inference", "2.1-py310-gpu-cu121-ubuntu22.04", "PyTorch=2.1"],
  ["2023-11-21", "i", "CPU", "pytorch-inference", "2.1-py310-cpu-ubuntu22.04", "PyTorch=2.1"],
  ["2023-03-15", "i", "GPU", "pytorch-lightning-inference", "9.9-py310-gpu-cu121-ubuntu22.04", "PyTorch=2.1"],
  ["2022-07-26", "t", "CPU", "xgboost-training", "1.6.0-cpu-py36-ubuntu18.04", "XGBoost=1.6.0"],
  ["2023-08-02", "t", "CPU", "xgboost-training", "1.7.1-cpu-py39-ubuntu20.04", "XGBoost=1.7.1"],
  ["2022-08-10", "i", "CPU", "xgboost-inference", "1.6.0-py36-cpu-ubuntu18.04", "XGBoost=1.6.0"],
  ["2022-09-06", "t", "CPU", "deeprec-training", "23.03-cpu-py38-ubuntu20.04", "DeepRec=23.03"],
  ["2023-04-11", "t", "GPU", "deepspeed-training", "23.06-gpu-py310-cu117-ubuntu20.04", "DeepSpeed=0.9.2"],
  ["2023-05-30", "t", "GPU", "megatron-training", "23.06-gpu-py310-cu117-ubuntu20.04", "Megatron-LM=23.06"],
  ["2023-06-06", "t", "GPU", "nemo-training", "23.06-gpu-py310-cu117-ubuntu20.04", "Nemo=1.19.0"],
  ["2021-12-14", "t", "GPU", "oneflow-training", "0.7.0-gpu-py38-cu112-ubuntu20.04", "OneFlow=0.7.0"],
  [
    "2023-06-20",
    "i",
    "GPU",
    "huggingface-inference",
    "2.0-py310-gpu-cu117-ubuntu22.04",
    "Transformers=4.29.2",
  ],
  ["2023-06-20", "i", "GPU", "modelscope-inference", "1.6-py38-gpu-cu117-ubuntu20.04", "ModelScope=1.6"],
  ["2024-04-09", "i", "GPU", "chat-llm-webui", "3.0-vllm", "Transformers=4.39.3"],
  ["2024-05-27", "i", "GPU", "stable-diffusion-webui", "4.2", "PyTorch=2.0.1", "Community"],
  ["2024-02-28", "d", "GPU", "modelscope", "24.03-py3", "ModelScope=1.13", "Community"],
];

const scopes = { t: "dlc", i: "eas", d: "dsw" } as const;

/** The official images, as a region lists them. */
export function officialImages(region: string): EmulatedImage[] {
  return rows.map(([published, listedBy, chip, repository, tag, framework, origin = "PAI"]) => {
    const [name = "", version = ""] = framework.split("=");
    const [, major, minor] = /-py(\d)(\d+)-/.exec(tag) ?? [];
    const host = listedBy === "i" ? "eas-registry-vpc" : "dsw-registry-vpc";
    return {
      name: `${repository}:${tag}`,
      uri: `${host}.${region}.cr.aliyuncs.com/${listedBy === "i" ? "pai-eas" : "pai"}/${repository}:${tag}`,
      labels: {
        "system.official": "true",
        "system.origin": origin,
        ...Object.fromEntries(
          [...listedBy].map((
            letter,
          ) => [`system.supported.${scopes[letter as keyof typeof scopes]}`, "true"]),
        ),
        ...(chip && { "system.chipType": chip }),
        ...(major && { "system.pythonVersion": `${major}.${minor}` }),
        [`system.framework.${name}`]: version,
      },
      createdAt: `${published}T02:00:00Z`,
      description: `${name} ${version}`,
    };
  });
}
