import type { OssUri } from "../../core/oss-uri.ts";
import type { StorageEntry } from "../../core/service-config.ts";
import { type GitOptions, gitSource } from "./git-source.ts";
import { copyJsonObject } from "./json-object.ts";
import { type MountOptions, type MountSource, ossFolderOf } from "./mounts.ts";

// Every kind of storage: https://www.alibabacloud.com/help/en/pai/user-guide/mount-storage-to-services.

/** Options of {@linkcode nfs}. */
export interface NfsOptions {
  /** The exported folder. @default {"/"} */
  path?: string;
  /** Whether instances may only read. @default {false} */
  readOnly?: boolean;
  /** Resource group of the file system. */
  resourceGroup?: string;
}

/**
 * A file system of NAS or CPFS, by the name of its mount target; the service must be in the same VPC.
 *
 * @throws {TypeError} when no server is named.
 */
export function nfs(server: string, options: NfsOptions = {}): MountSource {
  const { path = "/", readOnly = false, resourceGroup } = options;
  return {
    nfs: { path, readOnly, server: text("nfs", "server", server), ...(resourceGroup && { resourceGroup }) },
  };
}

/** Options of {@linkcode ossFolder}. */
export interface OssFolderOptions extends Pick<MountOptions, "kind"> {
  /** Whether instances may only read. Default: the service decides. */
  readOnly?: boolean;
}

/**
 * A folder on OSS with more to say about it than its address, which alone can be mounted too.
 *
 * @throws {TypeError} as {@linkcode InferenceSpec.mount} does.
 */
export function ossFolder(address: OssUri, options: OssFolderOptions = {}): MountSource {
  const { kind, readOnly } = options;
  return {
    oss: { ...ossFolderOf(address, "Cannot mount", kind), ...(readOnly !== undefined && { readOnly }) },
  };
}

/**
 * Shared memory of so many GB, for processes that exchange data; it is mounted at `/dev/shm`.
 *
 * @throws {RangeError} when the size is no number above 0.
 */
export function sharedMemory(sizeLimit: number): MountSource {
  if (typeof sizeLimit !== "number" || !(sizeLimit > 0) || !Number.isFinite(sizeLimit)) {
    throw new RangeError(`Cannot mount shared memory: its size in GB must be above 0, not ${sizeLimit}`);
  }
  return { empty_dir: { medium: "memory", size_limit: sizeLimit } };
}

/** A folder on the machine's own disk, empty at first and gone with the instance. */
export function emptyDir(): MountSource {
  return { empty_dir: {} };
}

/**
 * A Git repository, which each instance reads when it starts; later commits are seen after a restart. To deploy what
 * the repository holds now, upload it with `fromGit()` instead.
 *
 * @throws {TypeError} when the address is not https, holds credentials, or credentials are incomplete.
 */
export function gitRepo(options: GitOptions): MountSource {
  return { git: gitSource(options) };
}

/**
 * Files of an image, which are copied out of it when an instance starts.
 *
 * @throws {TypeError} when the image or the path is missing.
 */
export function imageFiles(image: string, path: string): MountSource {
  return { image: { image: text("image", "image", image), path: text("image", "path", path) } };
}

/** Options of {@linkcode dataset}. */
export interface DatasetOptions {
  /** Version, such as `v1`. Default: the service decides. */
  version?: string;
  /** Whether instances may only read. Default: they may only read. */
  readOnly?: boolean;
}

/**
 * A dataset that is registered in the workspace, by its id, `d-…`.
 *
 * @throws {TypeError} when the id is missing.
 */
export function dataset(id: string, options: DatasetOptions = {}): MountSource {
  const { version, readOnly } = options;
  return {
    dataset: {
      id: text("dataset", "id", id),
      ...(version && { version }),
      ...(readOnly !== undefined && { read_only: readOnly }),
    },
  };
}

/**
 * An entry of `storage` as the vendor's pages have it, for kinds that have no function here; its keys are not checked.
 *
 * @throws {TypeError} when it is not JSON.
 */
export function raw(entry: StorageEntry | Readonly<Record<string, unknown>>): MountSource {
  return { raw: copyJsonObject(entry, ["storage"], "refuse") };
}

function text(kind: string, name: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new TypeError(`Cannot mount ${kind} storage: ${name} is missing`);
}
