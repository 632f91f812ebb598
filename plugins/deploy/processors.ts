/** A format that models are stored in; the first seven are called so by PAI's model registry. */
export type ModelFormat =
  | "SavedModel"
  | "TorchScript"
  | "XGBoost"
  | "PMML"
  | "Caffe Prototxt"
  | "AlinkModel"
  | "ONNX"
  | "LightGBM"
  | "EasyRec"
  | "TorchEasyRec";

/** Codes of the processors that the vendor documents. */
export type ProcessorCode =
  | `tensorflow_cpu_${"1.12" | "1.14" | "1.15" | "2.3" | "2.4" | "2.7"}`
  | `tensorflow_gpu_${"1.12" | "1.14" | "1.15" | "2.4" | "2.7"}`
  | `pytorch_${"cpu" | "gpu"}_${"1.6" | "1.7" | "1.9" | "1.10"}`
  | "xgboost"
  | "lightgbm"
  | "pmml"
  | `caffe_${"cpu" | "gpu"}`
  | "alink_pai_processor"
  | "easyrec-2.4"
  | "easyrec-torch-1.0"
  | "triton"
  | "parameter_sever"
  | "parameter_server"
  | "xnn_cpu"
  | `easy_vision_${"cpu" | "gpu"}_tf1.12_torch151`
  | `easytransfer_${"cpu" | "gpu"}`
  | "easynlp"
  | "easycv"
  | "blade_cpu"
  | "blade_cuda10.0_beta"
  | "mediaflow";

/** A processor that PAI provides: a server that loads models of some formats. */
export interface Processor {
  /** What the vendor calls it. */
  readonly name: string;
  /** Where it runs; `any` for one code for both. */
  readonly device: "cpu" | "gpu" | "any";
  /** Formats it loads, as far as they have a name. */
  readonly formats: readonly ModelFormat[];
  /** The vendor's page about it. */
  readonly page: string;
}

const overview = "https://www.alibabacloud.com/help/en/pai/user-guide/built-in-processors";
const tensorflowPage = "https://www.alibabacloud.com/help/en/pai/user-guide/tensorflow-processor";
const pytorchPage = "https://help.aliyun.com/document_detail/470458.html";
const easyRecPage = "https://www.alibabacloud.com/help/en/pai/user-guide/easyrec";
const torchEasyRecPage = "https://www.alibabacloud.com/help/en/pai/user-guide/torcheasyrec-processor";

const savedModel: readonly ModelFormat[] = ["SavedModel"];
const torchScript: readonly ModelFormat[] = ["TorchScript"];
const caffe: readonly ModelFormat[] = ["Caffe Prototxt"];

/**
 * The processors that the vendor documents, by code, newest first in each family. A service may name others: there
 * are versions between (`easyrec-3.0`) and codes that only older pages have.
 */
export const processors: Readonly<Record<ProcessorCode, Processor>> = {
  "tensorflow_cpu_2.7": { name: "TensorFlow 2.7", device: "cpu", formats: savedModel, page: tensorflowPage },
  "tensorflow_cpu_2.4": { name: "TensorFlow 2.4", device: "cpu", formats: savedModel, page: tensorflowPage },
  "tensorflow_cpu_2.3": { name: "TensorFlow 2.3", device: "cpu", formats: savedModel, page: tensorflowPage },
  "tensorflow_cpu_1.15": {
    name: "TensorFlow 1.15",
    device: "cpu",
    formats: savedModel,
    page: tensorflowPage,
  },
  "tensorflow_cpu_1.14": {
    name: "TensorFlow 1.14",
    device: "cpu",
    formats: savedModel,
    page: tensorflowPage,
  },
  "tensorflow_cpu_1.12": {
    name: "TensorFlow 1.12",
    device: "cpu",
    formats: savedModel,
    page: tensorflowPage,
  },
  "tensorflow_gpu_2.7": { name: "TensorFlow 2.7", device: "gpu", formats: savedModel, page: tensorflowPage },
  "tensorflow_gpu_2.4": { name: "TensorFlow 2.4", device: "gpu", formats: savedModel, page: tensorflowPage },
  "tensorflow_gpu_1.15": {
    name: "TensorFlow 1.15",
    device: "gpu",
    formats: savedModel,
    page: tensorflowPage,
  },
  "tensorflow_gpu_1.14": {
    name: "TensorFlow 1.14",
    device: "gpu",
    formats: savedModel,
    page: tensorflowPage,
  },
  "tensorflow_gpu_1.12": {
    name: "TensorFlow 1.12",
    device: "gpu",
    formats: savedModel,
    page: tensorflowPage,
  },
  "pytorch_cpu_1.10": { name: "PyTorch 1.10", device: "cpu", formats: torchScript, page: pytorchPage },
  "pytorch_cpu_1.9": { name: "PyTorch 1.9", device: "cpu", formats: torchScript, page: pytorchPage },
  "pytorch_cpu_1.7": { name: "PyTorch 1.7", device: "cpu", formats: torchScript, page: pytorchPage },
  "pytorch_cpu_1.6": { name: "PyTorch 1.6", device: "cpu", formats: torchScript, page: pytorchPage },
  "pytorch_gpu_1.10": { name: "PyTorch 1.10", device: "gpu", formats: torchScript, page: pytorchPage },
  "pytorch_gpu_1.9": { name: "PyTorch 1.9", device: "gpu", formats: torchScript, page: pytorchPage },
  "pytorch_gpu_1.7": { name: "PyTorch 1.7", device: "gpu", formats: torchScript, page: pytorchPage },
  "pytorch_gpu_1.6": { name: "PyTorch 1.6", device: "gpu", formats: torchScript, page: pytorchPage },
  xgboost: {
    name: "XGBoost",
    device: "cpu",
    formats: ["XGBoost"],
    page: "https://help.aliyun.com/document_detail/470490.html",
  },
  lightgbm: {
    name: "LightGBM",
    device: "cpu",
    formats: ["LightGBM"],
    page: "https://help.aliyun.com/document_detail/468735.html",
  },
  pmml: { name: "PMML", device: "cpu", formats: ["PMML"], page: overview },
  caffe_cpu: { name: "Caffe", device: "cpu", formats: caffe, page: overview },
  caffe_gpu: { name: "Caffe", device: "gpu", formats: caffe, page: overview },
  alink_pai_processor: { name: "Alink", device: "cpu", formats: ["AlinkModel"], page: overview },
  "easyrec-2.4": { name: "EasyRec", device: "any", formats: ["EasyRec"], page: easyRecPage },
  "easyrec-torch-1.0": {
    name: "TorchEasyRec",
    device: "any",
    formats: ["TorchEasyRec"],
    page: torchEasyRecPage,
  },
  triton: { name: "Triton", device: "gpu", formats: ["ONNX"], page: overview },
  // So spelt on most of the vendor's pages; the newest ones spell it out.
  parameter_sever: { name: "PS", device: "cpu", formats: [], page: overview },
  parameter_server: { name: "PS", device: "cpu", formats: [], page: overview },
  xnn_cpu: { name: "xNN", device: "cpu", formats: [], page: overview },
  "easy_vision_cpu_tf1.12_torch151": { name: "EasyVision", device: "cpu", formats: [], page: overview },
  "easy_vision_gpu_tf1.12_torch151": { name: "EasyVision", device: "gpu", formats: [], page: overview },
  easytransfer_cpu: { name: "EasyTransfer", device: "cpu", formats: [], page: overview },
  easytransfer_gpu: { name: "EasyTransfer", device: "gpu", formats: [], page: overview },
  easynlp: { name: "EasyNLP", device: "any", formats: [], page: overview },
  easycv: { name: "EasyCV", device: "any", formats: [], page: overview },
  blade_cpu: { name: "Blade", device: "cpu", formats: [], page: overview },
  "blade_cuda10.0_beta": { name: "Blade", device: "gpu", formats: [], page: overview },
  mediaflow: { name: "MediaFlow", device: "gpu", formats: [], page: overview },
};

/** Options of {@linkcode processorFor}. */
export interface ProcessorForOptions {
  /** Where it is to run. @default {"cpu"} */
  device?: "cpu" | "gpu";
}

// Formats that the registry knows and no processor loads, and what to do with them.
const unserved: Record<string, string> = {
  "Frozen Pb": "export the model as a SavedModel",
  "Keras H5": "export the model as a SavedModel",
  OfflineModel: "export the model as PMML",
};

/**
 * The newest documented processor for a format: `new InferenceSpec({ processor: processorFor("SavedModel") })`. Who
 * needs the same processor tomorrow names its code instead.
 *
 * @throws {TypeError} when no documented processor loads the format there.
 */
export function processorFor(format: ModelFormat, options: ProcessorForOptions = {}): ProcessorCode {
  const { device = "cpu" } = options;
  const all = Object.entries(processors) as [ProcessorCode, Processor][]; // the table has just these keys
  const able = all.filter(([, { formats }]) => formats.includes(format));
  const found = able.find(([, processor]) => processor.device === device || processor.device === "any");
  if (found) return found[0];
  throw new TypeError(
    `Cannot choose a processor: none loads "${format}" on a ${device}; ${advice(format, able)}`,
  );
}

function advice(format: string, able: [ProcessorCode, Processor][]): string {
  if (Object.hasOwn(unserved, format)) return unserved[format]!;
  const [first] = able;
  if (first) return `"${first[0]}" does; pass { device: "${first[1].device}" }`;
  const known = new Set(Object.values(processors).flatMap(({ formats }) => formats));
  return `the formats are ${[...known].join(", ")}`;
}
