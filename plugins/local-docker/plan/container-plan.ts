import type { FileSource } from "../../../core/files.ts";

/** When an image is pulled: when the engine has none, always, or never. */
export type PullPolicy = "missing" | "always" | "never";

/** Which GPUs a container gets: all, so many, or those with these ids. */
export type Gpus = "all" | number | readonly string[];

/** What starts the server in a container. */
export type Start =
  /** Shell text, in a file that is uploaded, so that no list of processes shows it. */
  | { kind: "script"; text: string }
  /** A program and its arguments. */
  | { kind: "program"; words: readonly string[] }
  /** What the image says, with other arguments when there are some. */
  | { kind: "image"; args: readonly string[] };

/** What is installed before the server starts, in a file that is uploaded, or one that is in the container already. */
export type Requirements = { kind: "lines"; text: string } | { kind: "file"; path: string };

/** Where files come from that a container gets a copy of. */
export interface FilesToCopy {
  /** What to call them in messages. */
  readonly label: string;
  /** The files; every request that reading them makes ends with the signal. */
  readonly files: (signal?: AbortSignal) => FileSource;
}

/** A folder in the container, and what it is. Paths are absolute, and none is there twice. */
export type PlannedMount =
  & {
    /** Where it appears, without a slash at its end. */
    readonly path: string;
  }
  & (
    /** A folder of this machine itself. */
    | {
      readonly kind: "bind";
      readonly folder: string;
      readonly readOnly: boolean;
      readonly copy: FilesToCopy;
    }
    /** A volume with a copy of files. */
    | {
      readonly kind: "copy";
      readonly copy: FilesToCopy;
      readonly readOnly: boolean;
      readonly isModel: boolean;
    }
    /** A volume with a copy of a folder of an image. */
    | { readonly kind: "image"; readonly image: string; readonly folder: string }
    /** A volume that is empty at first. */
    | { readonly kind: "empty" }
    /** A folder in memory, at most so many bytes. */
    | { readonly kind: "memory"; readonly bytes?: number }
    /** A file system of another machine, which the engine mounts. */
    | { readonly kind: "nfs"; readonly server: string; readonly folder: string; readonly readOnly: boolean }
  );

/** What a container may use of its machine; what is absent is not limited. */
export interface ResourceLimits {
  /** Bytes of memory. */
  readonly memory?: number;
  /** Processors, also fractions. */
  readonly cpus?: number;
  /** Bytes of shared memory, at `/dev/shm`. */
  readonly sharedMemory?: number;
  /** GPUs. */
  readonly gpus?: Gpus;
}

/** How a deployment becomes a container. Nothing has been asked of an engine; everything is checked. */
export interface ContainerPlan {
  /** Name of the service. */
  readonly serviceName: string;
  /** Name of the container, which no two services of one name can have. */
  readonly containerName: string;
  /** Image, at an address that can be reached from outside a VPC. */
  readonly image: string;
  /** When it is pulled. */
  readonly pull: PullPolicy;
  /** System and processor of the image, such as `linux/amd64`; the engine's own when absent. */
  readonly platform?: string;
  /** Port that the server listens on. */
  readonly port: number;
  /** Ports that are published, that one first: checks may ask others. */
  readonly ports: readonly number[];
  /** Address of the engine's machine that they are published at. */
  readonly publishedAt: string;
  /** Environment, by name. Values may be secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** What starts the server. */
  readonly start: Start;
  /** What is installed before. */
  readonly requirements?: Requirements;
  /** What appears in the container. */
  readonly mounts: readonly PlannedMount[];
  /** What the container may use. */
  readonly resources: ResourceLimits;
  /** What the service does elsewhere and not here, one sentence each. */
  readonly warnings: readonly string[];
}
