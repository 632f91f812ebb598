import type { Metadata } from "../../core/service-config.ts";

/** What each instance of a service gets. */
export interface ResourceOptions {
  /** CPU cores. */
  cpu: number;
  /** Memory in MB. */
  memory: number;
  /** Whole GPUs. */
  gpu?: number;
  /** Memory of a shared GPU, in GB. */
  gpuMemory?: number;
}

const optionNames = ["cpu", "memory", "gpu", "gpuMemory"];

/** What each instance of a service gets, checked. Wherever one is taken, a literal of the same shape will do. */
export class ResourceConfig implements ResourceOptions {
  /** CPU cores. */
  readonly cpu: number;
  /** Memory in MB. */
  readonly memory: number;
  /** Whole GPUs. */
  readonly gpu?: number;
  /** Memory of a shared GPU, in GB. */
  readonly gpuMemory?: number;

  /**
   * Checks the figures.
   *
   * @throws {TypeError} when a key is unknown or a value is no number.
   * @throws {RangeError} when a figure can't be.
   */
  constructor(options: ResourceOptions) {
    const unknown = Object.keys(options).find((key) => !optionNames.includes(key));
    if (unknown) {
      throw new TypeError(
        `Cannot use the resources: unknown option "${unknown}"; use ${optionNames.join(", ")}`,
      );
    }
    const { cpu, memory, gpu, gpuMemory } = options;
    if (!(number("cpu", cpu) > 0)) {
      throw new RangeError(`Cannot use the resources: cpu must be above 0, not ${cpu}`);
    }
    this.cpu = cpu;
    this.memory = whole("memory", memory, 1);
    if (gpu !== undefined) this.gpu = whole("gpu", gpu, 0);
    if (gpuMemory !== undefined) this.gpuMemory = whole("gpuMemory", gpuMemory, 0);
  }

  /** The keys of the service configuration; nothing is written for a GPU figure of 0. */
  toMetadata(): Pick<Metadata, "cpu" | "memory" | "gpu" | "gpu_memory"> {
    return {
      cpu: this.cpu,
      memory: this.memory,
      ...(this.gpu && { gpu: this.gpu }),
      ...(this.gpuMemory && { gpu_memory: this.gpuMemory }),
    };
  }
}

function whole(name: string, value: unknown, least: number): number {
  const checked = number(name, value);
  if (Number.isInteger(checked) && checked >= least) return checked;
  throw new RangeError(
    `Cannot use the resources: ${name} must be a whole number from ${least} up, not ${checked}`,
  );
}

function number(name: string, value: unknown): number {
  if (typeof value !== "number") {
    throw new TypeError(`Cannot use the resources: ${name} must be a number, not ${typeof value}`);
  }
  if (Number.isFinite(value)) return value;
  throw new RangeError(`Cannot use the resources: ${name} must be finite, not ${value}`);
}
