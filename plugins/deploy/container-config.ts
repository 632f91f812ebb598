import { pathProblem } from "../../core/file-path.ts";
import { type FileSource, isFileSource } from "../../core/files.ts";
import type { OssUri } from "../../core/oss-uri.ts";
import type { Container, StorageEntry } from "../../core/service-config.ts";
import type { GitOptions } from "./git-source.ts";
import { codeKey, copyJsonObject, type JsonObject, type JsonValue } from "./json-object.ts";
import { addEntry, type MountSource, storageEntry } from "./mounts.ts";
import { sourceFolder } from "./source-folder.ts";
import { gitRepo } from "./storage-sources.ts";

/** What is mounted where, by path: `{ "/data/": "oss://bucket/data/", "/dev/shm": sharedMemory(64) }`. */
export type StorageMap = Readonly<Record<string, OssUri | FileSource | MountSource>>;

/** Options of {@linkcode containerServingSpec}. */
export interface ContainerServingOptions {
  /** Shell text that starts the server, which must listen on `0.0.0.0` at `port`. */
  command: string;
  /** Image that it runs in: its address, or what `retrieveImage()` and `listImages()` give, inside the VPC then. */
  image: string | { readonly uri: string; readonly vpcUri?: string };
  /**
   * The code, which is mounted at `/ml/usercode/`, where the command then starts: a folder that is uploaded once, when
   * the model is deployed, or one on OSS. With `gitConfig`, a folder of that repository.
   */
  sourceDir?: FileSource | OssUri | string;
  /** Takes the code from Git: each instance reads it when it starts. */
  gitConfig?: GitOptions;
  /** Port that the server listens on; 8080 and 9090 belong to EAS. @default {8000} */
  port?: number | string;
  /** Environment variables of the server. */
  environmentVariables?: Readonly<Record<string, string | number | boolean>>;
  /** Python packages that are installed before the server starts, as in a requirements file. */
  requirements?: readonly string[];
  /**
   * A requirements file inside the container; relative to the code where there is some. Default: the requirements.txt
   * of a `sourceDir` that is uploaded, if it holds one, which is looked up when the model is deployed. A folder on OSS
   * or in Git isn't looked into.
   */
  requirementsPath?: string;
  /** Tells when the server is ready. Default: when its port is open. */
  healthCheck?: Container["health_check"];
  /** What else is mounted: by path, or entries of `storage` as the console shows them. */
  storage?: StorageMap | readonly (StorageEntry | Readonly<Record<string, unknown>>)[];
  /** Hears of what was given and is not used; nothing is printed. */
  onWarning?: (message: string) => void;
}

// Those of EAS's own processes in every instance: https://help.aliyun.com/document_detail/450525.html.
const reservedPorts = [8080, 9090];

const action = "Cannot describe the container";

// Every option once; the compiler compares the keys with the type.
const optionNames: Record<keyof ContainerServingOptions, true> = {
  command: true,
  image: true,
  sourceDir: true,
  gitConfig: true,
  port: true,
  environmentVariables: true,
  requirements: true,
  requirementsPath: true,
  healthCheck: true,
  storage: true,
  onWarning: true,
};

/**
 * The configuration of a service whose requests a container answers. Nothing is read or sent.
 *
 * @throws {TypeError} when an option is unknown, of the wrong type, or contradicts another.
 * @throws {RangeError} when the port can't be.
 */
export function containerConfig(options: ContainerServingOptions): JsonObject {
  const unknown = Object.keys(options ?? {}).find((key) => !Object.hasOwn(optionNames, key));
  if (unknown) {
    throw new TypeError(`${action}: unknown option "${unknown}"; use ${Object.keys(optionNames).join(", ")}`);
  }
  const { command, image, port, healthCheck } = options ?? {}; // JavaScript callers may give none
  const code = sourceOf(options ?? {});
  const shell = text("command", command);
  const prepare = preparation(options, code !== undefined);
  const container: JsonObject = {
    image: text("image", typeof image === "object" ? image?.vpcUri ?? image?.uri : image),
    port: portOf(port),
    script: code ? `cd ${code.folder}\n${shell}\n` : shell,
    env: variables(options.environmentVariables ?? {}),
    ...(healthCheck && { health_check: copyJsonObject(healthCheck, ["health_check"], "refuse") }),
    ...(prepare && { prepare }),
  };
  let storage = storageList(options.storage ?? {});
  if (code) storage = addEntry(storage, code.entry);
  return { containers: [container], ...(storage.length > 0 && { storage }) };
}

/** The mount of the code, and the folder in it where the command starts. */
function sourceOf(
  { sourceDir, gitConfig }: ContainerServingOptions,
): { entry: JsonObject; folder: string } | undefined {
  if (gitConfig !== undefined) {
    const entry = storageEntry(gitRepo(gitConfig), sourceFolder);
    return { entry, folder: folderInRepo(sourceDir) };
  }
  if (sourceDir === undefined) return undefined;
  const entry = storageEntry(sourceDir as FileSource | OssUri, sourceFolder, { kind: "directory" }); // it checks texts
  return { entry: isFileSource(sourceDir) ? { ...entry, [codeKey]: true } : entry, folder: sourceFolder };
}

function folderInRepo(folder: ContainerServingOptions["sourceDir"] = ""): string {
  if (typeof folder !== "string") {
    throw new TypeError(
      `${action}: with gitConfig, sourceDir is a folder of the repository; give one of the two`,
    );
  }
  const path = folder.replace(/^\.\/|\/$/g, "");
  if (path === "" || path === ".") return sourceFolder;
  const problem = pathProblem(path);
  if (problem) throw new TypeError(`${action}: the path ${JSON.stringify(folder)} of sourceDir ${problem}`);
  return shellWord(`${sourceFolder}${path}/`);
}

function shellWord(word: string): string {
  return /^[\w/.-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function portOf(port: ContainerServingOptions["port"]): number {
  if (port === undefined || port === null || port === 0 || port === "") return 8000;
  const number = typeof port === "string" && /^\d+$/.test(port) ? Number(port) : port;
  if (typeof number !== "number" || !Number.isInteger(number) || number < 1 || number > 65535) {
    throw new RangeError(
      `${action}: port must be a whole number from 1 to 65535, not ${JSON.stringify(port)}`,
    );
  }
  if (!reservedPorts.includes(number)) return number;
  throw new RangeError(`${action}: port ${number} belongs to EAS itself; use another, such as 8000`);
}

function variables(values: NonNullable<ContainerServingOptions["environmentVariables"]>): JsonValue[] {
  return Object.entries(values).map(([name, value]) => {
    const problem = name === "" || /[=\0]/.test(name)
      ? "has a name that no variable can have"
      : valueProblem(value);
    if (problem) {
      throw new TypeError(`${action}: the environment variable ${JSON.stringify(name)} ${problem}`);
    }
    return { name, value: String(value) };
  });
}

// Not the value itself, which may be a secret.
function valueProblem(value: unknown): string | undefined {
  if (typeof value === "string") return value.includes("\0") ? "has a NUL character" : undefined;
  if (typeof value === "boolean" || Number.isFinite(value)) return undefined;
  return value === undefined || value === null
    ? "has no value; leave it out"
    : "must be a text, number or boolean";
}

function preparation(
  { requirements = [], requirementsPath, onWarning }: ContainerServingOptions,
  hasCode: boolean,
): JsonObject | undefined {
  if (!Array.isArray(requirements)) {
    throw new TypeError(`${action}: requirements must be a list; name a file with requirementsPath`);
  }
  if (requirementsPath !== undefined) text("requirementsPath", requirementsPath);
  if (requirements.length > 0) {
    if (requirementsPath) {
      onWarning?.("requirements are given, so requirementsPath is not used; leave one of them out");
    }
    return { pythonRequirements: requirements.map((line, index) => text(`requirements[${index}]`, line)) };
  }
  if (!requirementsPath) return undefined;
  const isRelative = hasCode && !requirementsPath.startsWith("/");
  return {
    pythonRequirementsPath: isRelative
      ? sourceFolder + requirementsPath.replace(/^\.\//, "")
      : requirementsPath,
  };
}

function storageList(storage: NonNullable<ContainerServingOptions["storage"]>): JsonValue[] {
  if (!Array.isArray(storage)) {
    return Object.entries(storage).reduce<JsonValue[]>(
      (entries, [path, source]) => addEntry(entries, storageEntry(source, path)),
      [],
    );
  }
  return storage.map((entry) => copyJsonObject(entry, ["storage"], "refuse"));
}

function text(name: string, value: unknown): string {
  if (typeof value === "string" && value.trim() !== "") return value;
  throw new TypeError(`${action}: ${name} ${value === undefined ? "is missing" : "must be a text"}`);
}
