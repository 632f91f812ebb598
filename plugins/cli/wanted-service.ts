import { resolve } from "node:path";
import type { FileSource } from "../../core/files.ts";
import { type OssUri, ossUri } from "../../core/oss-uri.ts";
import type { ServiceConfig } from "../../core/service-config.ts";
import {
  type ContainerServingOptions,
  containerServingSpec,
  type EasDeployOptions,
  InferenceSpec,
  Model,
} from "../deploy/mod.ts";
import { fromDisk } from "../storage/files.ts";
import { InvalidFileError, UsageError } from "./exit-codes.ts";
import type { ServiceFlags } from "./service-flags.ts";
import type { ServiceFile } from "./service-file.ts";

/** A service as it should be, of a file and flags. */
export interface WantedService {
  /** What to run. */
  model: Model;
  /** How the model is served; what is changed in it is seen when it is deployed. */
  spec: InferenceSpec;
  /** How. */
  options: Pick<EasDeployOptions, "serviceName" | "instanceType" | "instanceCount" | "options" | "labels">;
  /** Whether files are to be uploaded. */
  uploads: boolean;
}

/** The keys of a service file that are `pai`'s own; all others are the vendor's service configuration. */
interface OwnKeys {
  /** For editors. */
  $schema?: unknown;
  /** The model: a path, or an address on OSS. */
  model?: unknown;
  /** Image of a container, in place of `containers`. */
  image?: unknown;
  /** Command of that container. */
  command?: unknown;
  /** Port of that container. */
  port?: unknown;
  /** Environment variables of that container. */
  env?: unknown;
  /** Python packages of that container. */
  requirements?: unknown;
  /** Code of that container: a path, or an address on OSS. */
  sourceDir?: unknown;
  /** What is mounted where: paths, or addresses on OSS. */
  mounts?: unknown;
}

const ofContainers = ["command", "port", "env", "requirements", "sourceDir"] as const;

/**
 * Puts a service together. Flags overrule the file.
 *
 * @throws {UsageError} when there is nothing to deploy.
 * @throws {InvalidFileError} when a key of the file is of the wrong kind.
 */
export function wantedService(
  cwd: string,
  file: ServiceFile | undefined,
  flags: ServiceFlags,
): WantedService {
  if (!file && !flags.model && !flags.image) {
    throw new UsageError(
      "Cannot deploy: there is no pai.json or pai.yaml here; write one, or give --model or --image",
    );
  }
  const place = new Place(cwd, file);
  const { $schema: _, model, image, command, port, env, requirements, sourceDir, mounts, ...config } =
    (file?.content ?? {}) as OwnKeys & Record<string, unknown>; // whose kinds are judged where they are used
  const container = {
    image: flags.image ?? place.text("image", image),
    command: flags.command ?? place.text("command", command),
    ...{ port, env, requirements, sourceDir },
  };
  const spec = config.containers === undefined && container.image !== undefined
    ? shortSpec(place, container, config)
    : plainSpec(place, container, config);
  if (flags.processor) spec.set("processor", flags.processor);
  for (const [path, source] of Object.entries(place.object("mounts", mounts))) {
    spec.mount(place.source(`mounts["${path}"]`, source), path);
  }
  const data = flags.model === undefined ? model : flags.model;
  const modelData = data === undefined
    ? undefined
    : place.source("model", data, flags.model === undefined ? place.folder : cwd);
  return {
    model: new Model({ inferenceSpec: spec, ...(modelData && { modelData }) }),
    spec,
    options: {
      ...(flags.name && { serviceName: flags.name }),
      ...(flags.instanceType && { instanceType: flags.instanceType }),
      ...(flags.instances !== undefined && { instanceCount: flags.instances }),
      ...(flags.set && { options: Object.fromEntries(flags.set) }),
      ...(flags.label && { labels: Object.fromEntries(flags.label) }),
    },
    uploads: place.uploads,
  };
}

type ContainerKeys = Pick<OwnKeys, typeof ofContainers[number]> & { image?: string; command?: string };

/** A container of the file's short form. What else the file says is the vendor's, and taken as it is. */
function shortSpec(place: Place, keys: ContainerKeys, config: Record<string, unknown>): InferenceSpec {
  const { image, command, port, env, requirements, sourceDir } = keys;
  if (command === undefined) throw new UsageError("Cannot deploy: an image needs a command; give --command");
  const { storage, ...rest } = config;
  const spec = containerServingSpec({
    ...{ image, command, port, requirements, storage, environmentVariables: env },
    ...(sourceDir !== undefined && { sourceDir: place.source("sourceDir", sourceDir) }),
  } as ContainerServingOptions); // which are checked there
  for (const [key, value] of Object.entries(rest)) spec.set([key], value);
  return spec;
}

/** The vendor's own form, in which flags set the image and the command of the first container. */
function plainSpec(place: Place, keys: ContainerKeys, config: Record<string, unknown>): InferenceSpec {
  const { image, command: script, ...others } = keys;
  const unused = ofContainers.find((key) => key !== "command" && others[key] !== undefined);
  if (unused) {
    throw place.wrong(unused, "it goes with image and command, and not with containers or a processor");
  }
  const spec = new InferenceSpec(config as ServiceConfig & Record<string, unknown>); // which the service judges
  const [first, ...rest] = Array.isArray(config.containers) ? config.containers : [];
  if (image === undefined && script === undefined) return spec;
  if (first === undefined) {
    throw new UsageError("Cannot deploy: there is a command but no image; give --image");
  }
  return spec.set("containers", [{ ...first, ...(image && { image }), ...(script && { script }) }, ...rest]);
}

/** Reads keys of a file, and paths relative to it. */
class Place {
  readonly folder: string;
  readonly #path: string;
  #uploads = false;

  constructor(cwd: string, file: ServiceFile | undefined) {
    this.folder = file?.folder ?? cwd;
    this.#path = file?.path ?? "the command line";
  }

  /** Whether one of the sources is on this machine. */
  get uploads(): boolean {
    return this.#uploads;
  }

  text(key: string, value: unknown): string | undefined {
    if (value === undefined || typeof value === "string" && value !== "") return value;
    throw this.wrong(key, "it must be a text");
  }

  object(key: string, value: unknown = {}): Record<string, unknown> {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
    throw this.wrong(key, "it must be an object");
  }

  /** An address on OSS, or files of this machine. */
  source(key: string, value: unknown, folder = this.folder): OssUri | FileSource {
    const path = this.text(key, value);
    if (path === undefined) throw this.wrong(key, "it must be a path or an address on OSS");
    if (path.startsWith("oss://")) return ossUri(path);
    this.#uploads = true;
    return fromDisk(resolve(folder, path), { label: path });
  }

  wrong(key: string, problem: string): InvalidFileError {
    return new InvalidFileError(`Cannot use "${key}" of ${this.#path}: ${problem}`);
  }
}
