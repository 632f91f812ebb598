import { isFileSource } from "../../core/files.ts";
import { bounded } from "../../core/timeout.ts";
import { codeKey, isJsonObject, type JsonObject, uploadKey } from "./json-object.ts";
import { sameMountPath } from "./mounts.ts";

/** Where the code of a container is, as the PAI Python SDK has it; commands start there. */
export const sourceFolder = "/ml/usercode/";

const requirementsFile = "requirements.txt";

// As for every long operation here.
const defaultTimeout = 1_800_000;

/** Options of {@linkcode InferenceSpec.toDeployment}. */
export interface ToDeploymentOptions {
  /** Hears of what was given and is not used; nothing is printed. */
  onWarning?: (message: string) => void;
  /** Stops looking at files. */
  signal?: AbortSignal;
  /** Longest time for looking at files, in milliseconds. @default {1800000} */
  timeout?: number;
}

/**
 * Looks at the files of `sourceDir`, which can only be known when they are read: they must be a folder, and the
 * requirements.txt in it is installed unless the container says what else is. The configuration is changed.
 *
 * @throws {TypeError} when the files are a single file.
 * @throws {TimeoutError} when the time is up.
 */
export async function installRequirements(config: JsonObject, options: ToDeploymentOptions): Promise<void> {
  const { storage, containers } = config;
  const files = Array.isArray(storage) ? storage.find(isCode)?.[uploadKey] : undefined;
  const container = Array.isArray(containers) ? containers[0] : undefined;
  if (!isFileSource(files) || !isJsonObject(container)) return;
  const { onWarning, signal, timeout = defaultTimeout } = options;
  const action = `Cannot deploy "${files.label}"`;
  const hasFile = await bounded(`${action}, reading it`, timeout, signal, async (signal) => {
    if (await files.kind() === "directory") return await holds(files, requirementsFile, signal);
    throw new TypeError(`${action}: it is a file; sourceDir must be a folder`);
  });
  const { prepare = {} } = container;
  if (!hasFile || !isJsonObject(prepare) || prepare.pythonRequirementsPath !== undefined) return;
  if (prepare.pythonRequirements === undefined) {
    container.prepare = { ...prepare, pythonRequirementsPath: sourceFolder + requirementsFile };
    return;
  }
  onWarning?.(
    `requirements are given, so ${requirementsFile} of "${files.label}" is not installed; leave one of them out`,
  );
}

function isCode(entry: unknown): entry is JsonObject {
  return isJsonObject(entry) && entry[codeKey] === true && sameMountPath(entry.mount_path, sourceFolder);
}

async function holds(
  files: AsyncIterable<{ path: string; kind?: string }>,
  wanted: string,
  signal: AbortSignal,
): Promise<boolean> {
  for await (const { path, kind = "file" } of files) {
    signal.throwIfAborted();
    if (path === wanted && kind === "file") return true;
  }
  return false;
}
