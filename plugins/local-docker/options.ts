import type { Serializer } from "../../core/serializer.ts";
import type { Storage } from "../../core/storage.ts";
import type { DeployOptions } from "../../core/target.ts";
import type { Handler } from "../processors/handler.ts";
import type { EngineTls } from "./engine/endpoint.ts";
import type { Gpus, PullPolicy } from "./plan/container-plan.ts";
import type { ProcessorImages } from "./processors/images.ts";
import type { LocalFolders } from "./plan/mounts.ts";

/** What a target and a single deployment may both say; the deployment's word counts. */
export interface ContainerOptions {
  /**
   * GPUs of the container: `"all"`, how many, or their ids. The engine needs the NVIDIA Container Toolkit.
   * @default {none}
   */
  gpus?: Gpus;
  /** When the image is pulled: when the engine has none, always, or never. @default {"missing"} */
  pull?: PullPolicy;
  /** System and processor of the image, such as `linux/amd64`. @default {the engine's own} */
  platform?: string;
}

/** Options of {@linkcode localDocker}. */
export interface LocalDockerOptions extends ContainerOptions {
  /**
   * What runs services with processors that nothing here runs, or runs them in another way, in this process, by their
   * codes: `{ pmml: jsonProcessor((rows) => …) }`. XGBoost needs none.
   */
  processors?: Readonly<Record<string, Handler>>;
  /** Images that run models of TensorFlow and PyTorch processors, in place of the usual ones. */
  images?: ProcessorImages;
  /**
   * Formats of services' predictors: of those that are deployed without a serializer, the first one that matches the
   * configuration, such as `[tensorflow(), pytorch()]`. @default {JSON for all}
   */
  serializers?: readonly Serializer[];
  /**
   * Address of the engine: `unix:///path`, `npipe:////./pipe/name`, `tcp://host:port` or `https://host:port`.
   * @default {`DOCKER_HOST`, else the Docker context in use, else the first usual socket that answers}
   */
  host?: string;
  /** Name of a Docker context, instead of `host`. */
  context?: string;
  /** Certificates for `host`. */
  tls?: EngineTls;
  /** Where objects are read from that a model or a mount names as `oss://…`: one for each bucket. */
  storage?: Storage | readonly Storage[];
  /**
   * How the container sees folders of this machine: as they are, to read or to write too, or as a copy of its own, which
   * is what EAS gives it. Links that lead out of a folder only work in a copy. @default {"read-only"}
   */
  folders?: LocalFolders;
  /** Whether the configuration's memory and processors are limits of the container. @default {true} */
  limits?: boolean;
  /**
   * Address at the engine's machine that services are published at. With an engine on another machine, only an address
   * that can be reached from here is of use, and then everybody else reaches it too. @default {"127.0.0.1"}
   */
  publishedAt?: string;
  /**
   * Whether a model on OSS that is a single archive (`.tar`, `.tar.gz`, `.tgz`) is unpacked, as the PAI SDK for Python
   * does it; EAS itself does not. @default {true}
   */
  unpackModel?: boolean;
}

/** Options of a deployment to a container of this machine. */
export interface LocalDockerDeployOptions extends DeployOptions, ContainerOptions {
  /** Another image than the configuration's, such as one that can be pulled from here. */
  image?: string;
  /** Whether to wait until the server answers; `false` returns once the container was started. @default {true} */
  wait?: boolean;
  /**
   * Whether a deployment that fails, takes too long or is cancelled removes what it made. `false` keeps the container
   * and its volumes to look into. @default {true}
   */
  cleanupOnFailure?: boolean;
}

// Every option once; the compiler compares the keys with the types.
const targetOptions: Record<keyof LocalDockerOptions, true> = {
  host: true,
  context: true,
  tls: true,
  storage: true,
  folders: true,
  limits: true,
  publishedAt: true,
  unpackModel: true,
  processors: true,
  images: true,
  serializers: true,
  gpus: true,
  pull: true,
  platform: true,
};

const deployOptions: Record<keyof LocalDockerDeployOptions, true> = {
  serviceName: true,
  serializer: true,
  temporary: true,
  signal: true,
  timeout: true,
  giveUpAfter: true,
  onProgress: true,
  image: true,
  wait: true,
  cleanupOnFailure: true,
  gpus: true,
  pull: true,
  platform: true,
};

/**
 * Checks the options of a target.
 *
 * @throws {TypeError} or {RangeError} when one can't be used.
 */
export function checkTargetOptions(options: LocalDockerOptions): void {
  const what = "Cannot use local Docker";
  checkNames(what, options, targetOptions);
  checkContainerOptions(what, options);
  checkKinds(what, options, { limits: "boolean", unpackModel: "boolean", publishedAt: "string" });
  checkProcessors(what, options);
  const { folders = "read-only" } = options;
  if (!["read-only", "writable", "copy"].includes(folders)) {
    throw new TypeError(
      `${what}: folders is ${JSON.stringify(folders)}; use "read-only", "writable" or "copy"`,
    );
  }
}

function checkProcessors(
  what: string,
  { processors = {}, images = {}, serializers = [] }: LocalDockerOptions,
): void {
  const wrong = Object.entries(processors).find(([, handler]) => typeof handler !== "function");
  if (wrong) {
    throw new TypeError(`${what}: the processor "${wrong[0]}" is no handler; make one with jsonProcessor()`);
  }
  checkNames(what, images, { tensorflow: true, pytorch: true });
  checkKinds(what, images, { tensorflow: "string", pytorch: "string" });
  if (!Array.isArray(serializers)) throw new TypeError(`${what}: serializers must be a list`);
}

/**
 * Checks the options of a deployment, those of the wait apart: `watchOf` does those.
 *
 * @throws {TypeError} or {RangeError} when one can't be used.
 */
export function checkDeployOptions(options: LocalDockerDeployOptions): void {
  const what = "Cannot deploy locally";
  checkNames(what, options, deployOptions);
  checkContainerOptions(what, options);
  checkKinds(what, options, {
    wait: "boolean",
    cleanupOnFailure: "boolean",
    temporary: "boolean",
    image: "string",
    serviceName: "string",
  });
  const { serializer } = options;
  const methods: Partial<Record<string, unknown>> = Object(serializer);
  if (serializer === undefined) return;
  if (["serialize", "deserialize"].every((name) => typeof methods[name] === "function")) return;
  throw new TypeError(`${what}: serializer must have the functions serialize and deserialize, as json() has`);
}

function checkNames(what: string, options: object, known: Readonly<Record<string, true>>): void {
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(known, key));
  if (unknown) {
    throw new TypeError(`${what}: unknown option "${unknown}"; use ${Object.keys(known).join(", ")}`);
  }
}

function checkContainerOptions(what: string, { gpus, pull = "missing", platform }: ContainerOptions): void {
  if (!["missing", "always", "never"].includes(pull)) {
    throw new TypeError(`${what}: pull is ${JSON.stringify(pull)}; use "missing", "always" or "never"`);
  }
  if (platform !== undefined && !/^[\w.-]+(?:\/[\w.-]+){0,2}$/.test(platform)) {
    throw new TypeError(`${what}: platform is ${JSON.stringify(platform)}; write it as linux/amd64`);
  }
  const isList = Array.isArray(gpus) && gpus.length > 0 &&
    gpus.every((id) => typeof id === "string" && id !== "");
  if (gpus === undefined || gpus === "all" || isList) return;
  if (typeof gpus === "number" && Number.isInteger(gpus) && gpus >= 0) return;
  throw new RangeError(
    `${what}: gpus is ${JSON.stringify(gpus)}; use "all", how many, or a list of their ids`,
  );
}

function checkKinds<O extends object>(
  what: string,
  options: O,
  kinds: { [K in keyof O]?: "boolean" | "string" },
): void {
  for (const [name, kind] of Object.entries(kinds)) {
    const value: unknown = options[name as keyof O];
    if (value === undefined || typeof value === kind && value !== "") continue;
    throw new TypeError(`${what}: ${name} must be ${kind === "boolean" ? "true or false" : "a text"}`);
  }
}
