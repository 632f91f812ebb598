import { mkdir, open, rm, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { StorageError } from "../../../core/errors.ts";
import type { ObjectInfo, Storage } from "../../../core/storage.ts";
import { onDisk } from "../disk/error.ts";
import { type DownloadedFile, downloadFile, type FilePolicy } from "./file.ts";
import { partSuffix } from "./part-file.ts";
import { fileAndFolder, sameWithoutCase, targetProblem } from "./target-path.ts";
import { inParallel } from "./workers.ts";

/** What a folder will hold. */
interface Plan {
  /** Objects, and their paths below the folder. */
  files: { info: ObjectInfo; path: string }[];
  /** Folders of their own, which consoles and sync tools mark with an empty object. */
  folders: string[];
}

/** Downloads all objects below a prefix. Every key is checked before the first byte is read. */
export async function downloadFolder(
  storage: Storage,
  prefix: string,
  folder: string,
  policy: FilePolicy,
  onPlanned: (size: number) => void,
): Promise<DownloadedFile[]> {
  const what = `Cannot download "oss://${storage.bucket}/${prefix}" to ${JSON.stringify(folder)}`;
  const { files, folders } = await planned(what, storage, prefix, folder, policy.signal);
  onPlanned(files.reduce((sum, { info }) => sum + info.size, 0));
  for (const path of ["", ...folders]) {
    await onDisk(what, mkdir(join(folder, path), { recursive: true }));
  }
  const done = new Array<DownloadedFile>(files.length);
  await inParallel(
    [...files.entries()],
    policy.slots.most,
    policy.signal,
    async ([i, { info, path }], signal) => {
      signal.throwIfAborted();
      done[i] = await downloadFile(storage, info.key, join(folder, path), info, { ...policy, signal });
    },
  );
  return done;
}

async function planned(
  what: string,
  storage: Storage,
  prefix: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Plan> {
  const plan: Plan = { files: [], folders: [] };
  for await (const info of storage.list({ prefix, signal })) {
    const path = info.key.slice(prefix.length);
    if (path === "" && info.size === 0) continue; // marks the folder itself
    const isFolder = path.endsWith("/") && info.size === 0;
    const problem = targetProblem(isFolder ? path.slice(0, -1) : path, sep === "\\") ??
      (path.includes(partSuffix) ? "is a name that downloads keep for themselves" : undefined);
    if (problem) throw refusal(what, `the key ${JSON.stringify(info.key)} ${problem}`, info.key);
    if (isFolder) plan.folders.push(path.slice(0, -1));
    else plan.files.push({ info, path });
  }
  if (plan.files.length === 0 && plan.folders.length === 0) {
    throw new StorageError(`${what}: there is no object below it`, { code: "NoSuchKey", key: prefix });
  }
  const paths = plan.files.map(({ path }) => path), all = [...paths, ...plan.folders];
  const double = fileAndFolder(paths) ?? fileAndFolder(plan.folders.map((path) => `${path}/`).concat(paths));
  if (double) {
    throw refusal(what, `${JSON.stringify(prefix + double[0])} would be a file and a folder at once`);
  }
  const same = sameWithoutCase(all);
  if (same && !await knowsCase(what, folder)) {
    const [one, other] = same.map((path) => JSON.stringify(prefix + path));
    throw refusal(what, `the keys ${one} and ${other} are one name on this file system`);
  }
  return plan;
}

/** Whether the file system of a folder tells capitals from small letters: tried out, as it is not told. */
async function knowsCase(what: string, folder: string): Promise<boolean> {
  await onDisk(what, mkdir(folder, { recursive: true }));
  const name = `.a${crypto.randomUUID().toLowerCase()}${partSuffix}`, path = join(folder, name);
  await (await onDisk(what, open(path, "wx"))).close();
  try {
    return await stat(join(folder, name.toUpperCase())).then(() => false, () => true);
  } finally {
    await rm(path, { force: true });
  }
}

function refusal(what: string, problem: string, key?: string): StorageError {
  return new StorageError(`${what}: ${problem}`, { code: "UnusableKey", key });
}
