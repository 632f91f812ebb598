/** What an image is for. */
export const ImageScope: {
  /** Training jobs (DLC). */
  readonly TRAINING: "training";
  /** Services (EAS). */
  readonly INFERENCE: "inference";
  /** Notebooks (DSW). */
  readonly DEVELOP: "develop";
} = { TRAINING: "training", INFERENCE: "inference", DEVELOP: "develop" };

/** What an image is for: `training`, `inference` or `develop`. */
export type ImageScope = typeof ImageScope[keyof typeof ImageScope];

/** Kind of chip that an image is made for. */
export type Accelerator = "cpu" | "gpu";

/** An official image of PAI. What its address and labels don't tell is missing. */
export interface ImageInfo {
  /** Name that the vendor gives it. */
  name: string;
  /** Address to pull it from, on the client's network. */
  uri: string;
  /** The address inside a VPC, from where EAS pulls: the one for the configuration of a service. */
  vpcUri: string;
  /** Framework, spelled as its makers do. */
  framework: string;
  /** Version of the framework. */
  version?: string;
  /** Kind of chip it is made for. */
  accelerator?: Accelerator;
  /** Version of Python, such as `3.9`. */
  pythonVersion?: string;
  /** Version of CUDA, such as `11.3`. */
  cudaVersion?: string;
  /** Operating system, such as `ubuntu20.04`. */
  os?: string;
  /** What it was asked for. */
  scope: ImageScope;
  /** When it was published. */
  createdAt?: Date;
}
