/** Images that run models, in place of those that are chosen by the processor's code. */
export interface ProcessorImages {
  /**
   * TensorFlow Serving, or an image with a program `tensorflow_model_server`.
   *
   * @default {`tensorflow/serving` of the processor's version}
   */
  tensorflow?: string;
  /** An image with Python and PyTorch. @default {`pytorch/torchserve:0.12.0-cpu`, or `-gpu`} */
  pytorch?: string;
}

/** An image, and the platform that it is made for when there is only one. */
export interface ProcessorImage {
  /** Its address. */
  readonly image: string;
  /** Where it runs: other machines have to be told to emulate that. */
  readonly platform?: string;
}

const amd64 = "linux/amd64";

// A release for each version that PAI has a processor of: https://hub.docker.com/r/tensorflow/serving/tags. Before 1.14
// decimals in JSON were wrong: https://github.com/tensorflow/serving/blob/master/RELEASE.md.
const servingReleases: Readonly<Record<string, string>> = {
  "1.12": "1.14.0",
  "1.14": "1.14.0",
  "1.15": "1.15.0",
  "2.3": "2.3.0",
  "2.4": "2.4.0",
  "2.7": "2.7.0",
};

/** For processors whose version is not known. */
const recentServing = "2.14.1";

/**
 * The image of a TensorFlow processor, of its own version: later ones lack operations that old models have, such as those
 * of `tf.contrib`. What is made for GPUs doesn't start without.
 */
export function tensorflowImage(code: string, images: ProcessorImages, hasGpus: boolean): ProcessorImage {
  if (images.tensorflow) return { image: images.tensorflow };
  const [version = ""] = /\d+\.\d+$/.exec(code) ?? [];
  const release = servingReleases[version] ?? recentServing;
  return { image: `tensorflow/serving:${release}${hasGpus ? "-gpu" : ""}`, platform: amd64 };
}

/**
 * The image of a PyTorch processor: one for all versions, as PyTorch loads what older ones have saved with TorchScript.
 * It is TorchServe's, with PyTorch 2.4, since that is the official one without CUDA: 0.7 GB to pull. TorchServe itself is
 * not used, as it asks for an archive and a handler of its own format.
 */
export function pytorchImage(images: ProcessorImages, hasGpus: boolean): ProcessorImage {
  if (images.pytorch) return { image: images.pytorch };
  return { image: `pytorch/torchserve:0.12.0-${hasGpus ? "gpu" : "cpu"}`, platform: amd64 };
}
