import { type FileSource, isFileSource } from "../../core/files.ts";
import { type OssUri, parseOssUri } from "../../core/oss-uri.ts";
import { redact } from "../../core/redact.ts";
import type { StorageEntry } from "../../core/service-config.ts";
import { copyJsonObject, isJsonObject, type JsonObject, type JsonValue, uploadKey } from "./json-object.ts";

/**
 * What can be mounted besides files and OSS folders: exactly one of the keys is given. `nfs()`, `sharedMemory()`,
 * `emptyDir()`, `gitRepo()`, `imageFiles()`, `dataset()`, `ossFolder()` and `raw()` make them.
 */
export interface MountSource extends Omit<StorageEntry, "mount_path" | "properties"> {
  /** An entry of `storage` to take as it is: what the vendor has added to the kinds above. */
  raw?: StorageEntry | Readonly<Record<string, unknown>>;
}

/** Options of {@linkcode InferenceSpec.mount}. */
export interface MountOptions {
  /** Hints for the console. */
  properties?: StorageEntry["properties"];
  /**
   * What an OSS address names: the folder to mount, or a file whose folder is mounted. Default: a file when the last
   * part of the address ends like one (`model.json`, not `v1.5`), else a folder.
   */
  kind?: "file" | "directory";
}

const sourceKeys = ["oss", "nfs", "git", "image", "empty_dir", "dataset", "cache", "raw"];

// A name, a dot and an extension; what follows the dot in "resnet-1.5" or "bert.v2" is a version.
const fileName = /[^/]\.(?!v?\d+$)[A-Za-z][A-Za-z0-9]{0,9}$/;

/**
 * Makes an entry of `storage`. Files are kept under `$upload` until they are deployed.
 *
 * @throws {TypeError} when the source or the path is none.
 */
export function storageEntry(
  source: FileSource | OssUri | MountSource,
  mountPath: string,
  { properties, kind }: MountOptions = {},
): JsonObject {
  const where = checkMountPath(mountPath);
  const action = `Cannot mount ${label(source)} at "${where}"`;
  const { mount_path, ...entry } = sourceEntry(source, action, kind);
  if (mount_path !== undefined && !sameMountPath(mount_path, where)) {
    throw new TypeError(`${action}: its own mount_path is "${mount_path}"; give the same or none`);
  }
  const hints = copyJsonObject(properties ?? {}, ["properties"]);
  return { mount_path: where, ...entry, ...(Object.keys(hints).length > 0 && { properties: hints }) };
}

function sourceEntry(
  source: FileSource | OssUri | MountSource,
  action: string,
  kind: MountOptions["kind"],
): JsonObject {
  if (typeof source === "string") return { oss: ossFolderOf(source, action, kind) };
  if (isFileSource(source)) return { [uploadKey]: source };
  if (!isJsonObject(source)) {
    throw new TypeError(`${action}: it is neither an OSS address, files, nor an entry of storage`);
  }
  const given = Object.keys(source).filter((key) => source[key as keyof MountSource] !== undefined);
  if (given.length !== 1 || !sourceKeys.includes(given[0]!)) {
    throw new TypeError(`${action}: give exactly one of ${sourceKeys.join(", ")}`);
  }
  return copyJsonObject(source.raw ?? source, ["storage"], "refuse");
}

/**
 * The folder that an address names, as EAS mounts it: with a slash at its end and its endpoint beside it.
 *
 * @throws {TypeError} when it is no address, or can't be of that kind.
 */
export function ossFolderOf(
  text: string,
  action: string,
  kind?: MountOptions["kind"],
): { path: string; endpoint?: string } {
  checkAddress(text, action);
  const { bucket, key, endpoint } = parseOssUri(text);
  const isFolder = key === "" || key.endsWith("/");
  if (kind === "file" && isFolder) throw new TypeError(`${action}: an address that ends in "/" is no file`);
  const isFile = kind ? kind === "file" : !isFolder && fileName.test(key);
  const folder = isFile ? key.slice(0, key.lastIndexOf("/") + 1) : isFolder ? key : `${key}/`;
  if (isFile && folder === "" && !kind) {
    throw new TypeError(
      `${action}: its folder is the whole bucket; pass { kind: "file" } to mount that, or move the file to a folder`,
    );
  }
  return { path: `oss://${bucket}/${folder}`, ...(endpoint && { endpoint }) };
}

/**
 * Checks that a text is an OSS address, for callers whom no compiler has warned.
 *
 * @throws {TypeError} that tells how to name a file of this machine.
 */
export function checkAddress(text: unknown, action: string): asserts text is OssUri {
  if (typeof text !== "string" || text === "") {
    throw new TypeError(`${action}: an OSS address or files are needed`);
  }
  if (!text.startsWith("oss://")) {
    throw new TypeError(
      `${action}: an OSS address or files are needed; name a local path with fromDisk("${redact(text)}")`,
    );
  }
  parseOssUri(text);
}

function checkMountPath(path: unknown): string {
  if (typeof path === "string" && path.startsWith("/")) return path;
  throw new TypeError(`Cannot mount at "${String(path)}": the mount path must start with "/"`);
}

/** Whether two mount paths are the same folder: a slash at the end makes no difference. */
export function sameMountPath(a: unknown, b: unknown): boolean {
  return typeof a === "string" && typeof b === "string" && trimSlashes(a) === trimSlashes(b);
}

/** Whether two entries mount the same files or the same OSS folder. */
export function sameSource(a: JsonObject, b: JsonObject): boolean {
  if (isFileSource(a[uploadKey])) return a[uploadKey] === b[uploadKey];
  const [path, other] = [ossPath(a), ossPath(b)];
  return path !== undefined && other !== undefined && trimSlashes(path) === trimSlashes(other);
}

/**
 * Puts an entry into a list of storage entries and returns the new list. An entry at the same path is replaced.
 *
 * @throws {TypeError} when the same source is mounted elsewhere.
 */
export function addEntry(entries: JsonValue[], entry: JsonObject): JsonValue[] {
  const others = entries.filter((other) =>
    !isJsonObject(other) || !sameMountPath(other.mount_path, entry.mount_path)
  );
  const twin = others.find((other) => isJsonObject(other) && sameSource(other, entry));
  if (isJsonObject(twin)) {
    throw new TypeError(
      `Cannot mount ${
        entryLabel(entry)
      } at "${entry.mount_path}": it is mounted at "${twin.mount_path}" already`,
    );
  }
  return [...others, entry];
}

function entryLabel(entry: JsonObject): string {
  return label(entry[uploadKey] ?? ossPath(entry));
}

function label(source: unknown): string {
  if (isFileSource(source)) return `"${source.label}"`;
  return typeof source === "string" ? `"${redact(source)}"` : "a storage entry";
}

function ossPath(entry: JsonObject): string | undefined {
  const path = isJsonObject(entry.oss) ? entry.oss.path : undefined;
  return typeof path === "string" ? path : undefined;
}

function trimSlashes(path: string): string {
  return path.replace(/\/+$/, "");
}
