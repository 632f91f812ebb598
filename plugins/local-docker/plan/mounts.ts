import { isFileSource } from "../../../core/files.ts";
import { filesUnder } from "../../../core/files-under.ts";
import { type OssUri, parseOssUri } from "../../../core/oss-uri.ts";
import type { StorageEntry } from "../../../core/service-config.ts";
import type { Storage } from "../../../core/storage.ts";
import type { Mount } from "../../../core/target.ts";
import type { FilesToCopy, PlannedMount } from "./container-plan.ts";
import { reachableImage } from "./public-image.ts";
import { refusal, type Subject } from "./refusal.ts";
import { gigabytes } from "./resources.ts";
import { startFolder } from "./start.ts";

/** How a container sees the folders of this machine: as they are, to read or to write too, or as a copy of its own. */
export type LocalFolders = "read-only" | "writable" | "copy";

/** What mounts are planned with. */
export interface MountSettings {
  /** Buckets whose objects can be read. */
  readonly storages: readonly Storage[];
  /** How the container sees folders of this machine. */
  readonly folders: LocalFolders;
  /** Hears of what is otherwise than in EAS. */
  readonly warn: (message: string) => void;
}

/** Where Linux has its shared memory. */
export const sharedMemoryPath = "/dev/shm";

/**
 * What a deployment's mounts become, in order.
 *
 * @throws {TypeError} when something can't be mounted here, or two things are to appear at one place.
 */
export function planMounts(
  mounts: readonly Mount[],
  settings: MountSettings,
  subject: Subject,
): PlannedMount[] {
  const planned = mounts.map((mount) => planMount(mount, settings, subject));
  const taken = new Set<string>();
  for (const { path } of planned) {
    if (taken.has(path)) throw refusal(subject, `two mounts are at "${path}"; give each a path of its own`);
    taken.add(path);
  }
  return planned;
}

function planMount(mount: Mount, settings: MountSettings, subject: Subject): PlannedMount {
  const { source, properties } = mount;
  const isModel = properties?.resource_type === "model";
  if (isFileSource(source)) {
    const path = pathOf(mount.mountPath, subject);
    const copy: FilesToCopy = { label: source.label, files: () => source };
    const folder = settings.folders === "copy" ? undefined : source.directory;
    return folder === undefined
      ? { path, kind: "copy", copy, readOnly: false, isModel: false } // files as they are, as for uploads
      : { path, kind: "bind", folder, readOnly: settings.folders === "read-only", copy };
  }
  if (typeof source === "string") {
    const path = pathOf(mount.mountPath, subject);
    return { path, kind: "copy", copy: objectsAt(source, settings, subject), readOnly: false, isModel };
  }
  return planEntry(source, { ...mount, isModel }, settings, subject);
}

/** What an entry of `storage` becomes. Whatever kind is not known here, or not to be had here, is refused. */
function planEntry(
  entry: StorageEntry,
  mount: Mount & { isModel: boolean },
  settings: MountSettings,
  subject: Subject,
): PlannedMount {
  const { mount_path, properties: _, ...kinds } = entry;
  const where = mount_path ?? mount.mountPath;
  const given = Object.keys(kinds).filter((key) => kinds[key as keyof typeof kinds] !== undefined);
  const [kind] = given;
  if (given.length !== 1) {
    throw refusal(
      subject,
      `an entry of storage has ${given.join(" and ") || "nothing"} to mount; it needs one kind`,
    );
  }
  const { empty_dir, nfs, oss, image } = entry;
  if (kind === "empty_dir" && isObject(empty_dir)) {
    const inMemory = empty_dir.medium === "memory";
    const path = pathOf(where ?? (inMemory ? sharedMemoryPath : undefined), subject);
    const bytes = gigabytes("size_limit", empty_dir.size_limit, subject);
    if (inMemory) return { path, kind: "memory", ...(bytes !== undefined && { bytes }) };
    if (bytes !== undefined) settings.warn(`the folder "${path}" may grow beyond its size_limit here`);
    return { path, kind: "empty" };
  }
  const path = pathOf(where, subject);
  if (kind === "image" && isObject(image)) return imageFolder(path, image, settings, subject);
  if (kind === "nfs" && isObject(nfs)) return nfsVolume(path, nfs, subject);
  if (kind === "oss" && isObject(oss) && isOssUri(oss.path)) {
    const copy = objectsAt(oss.path.endsWith("/") ? oss.path : `${oss.path}/`, settings, subject);
    return { path, kind: "copy", copy, readOnly: oss.readOnly === true, isModel: mount.isModel };
  }
  throw refusal(
    subject,
    `"${path}" can't be mounted: ${whyNot[kind!] ?? `the kind "${kind}" is not known here`}`,
  );
}

const whyNot: Readonly<Record<string, string>> = {
  git:
    "EAS reads a repository itself when an instance starts; read it here with fromGit() and mount those files",
  image:
    "EAS copies files out of an image when an instance starts; mount them from this machine with fromDisk()",
  dataset:
    "a dataset of the workspace is only known to EAS; mount its folder on OSS, or files of this machine",
  cache: "it is a cache inside EAS; leave it out of what runs here",
  oss: 'its path is no OSS address; write "oss://bucket/folder/"',
  nfs: "its server and path must be texts",
  empty_dir: "empty_dir must be an object",
};

function imageFolder(
  path: string,
  { image, path: folder }: { image?: unknown; path?: unknown },
  { warn }: MountSettings,
  subject: Subject,
): PlannedMount {
  if (typeof image !== "string" || typeof folder !== "string" || folder === "" || /[\0\n]/.test(folder)) {
    throw refusal(subject, `"${path}" can't be mounted: ${whyNot.image}`);
  }
  return {
    path,
    kind: "image",
    image: reachableImage(image, warn),
    folder: `/${folder.replace(/^\/+|\/+$/g, "")}`,
  };
}

function nfsVolume(path: string, nfs: NonNullable<StorageEntry["nfs"]>, subject: Subject): PlannedMount {
  const { server, path: folder = "/", readOnly = false } = nfs;
  const isServer = typeof server === "string" && /^[\w.:-]+$/.test(server); // no comma, which would be an option more
  if (isServer && typeof folder === "string" && folder.startsWith("/")) {
    return { path, kind: "nfs", server, folder, readOnly: readOnly === true };
  }
  throw refusal(
    subject,
    `"${path}" can't be mounted: its NFS server must be a name, and its path start with "/"`,
  );
}

/** Objects of one of the buckets. */
function objectsAt(address: OssUri, { storages }: MountSettings, subject: Subject): FilesToCopy {
  const { bucket, key } = parseOssUri(address);
  const uri: OssUri = `oss://${bucket}/${key}`;
  const storage = storages.find((storage) => storage.bucket === bucket);
  if (storage) return { label: uri, files: (signal) => filesUnder(storage, uri, { signal }) };
  const setup = `localDocker({ storage: oss(client, { bucket: "${bucket}" }) })`;
  throw refusal(subject, `"${uri}" can't be read without its bucket; use ${setup}`);
}

/** A path as the engine has it: absolute, without a slash at its end. */
function pathOf(path: unknown, subject: Subject): string {
  if (typeof path !== "string" || path === "") {
    throw refusal(subject, "something is to be mounted without a path");
  }
  const shown = JSON.stringify(path);
  if (!path.startsWith("/")) throw refusal(subject, `the mount path ${shown} does not start with "/"`);
  if (/[\0\n]/.test(path) || !path.isWellFormed()) {
    throw refusal(subject, `the mount path ${shown} can't be one`);
  }
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) throw refusal(subject, `the mount path ${shown} has a ".." segment`);
  const plain = `/${names.join("/")}`;
  if (plain === "/") throw refusal(subject, 'nothing can be mounted at "/"; give it a folder');
  if (plain !== startFolder && !plain.startsWith(`${startFolder}/`)) return plain;
  throw refusal(subject, `the mount path ${shown} is where this package writes what starts the container`);
}

function isOssUri(path: unknown): path is OssUri {
  return typeof path === "string" && path.startsWith("oss://");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
