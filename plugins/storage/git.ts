/**
 * Files of a Git repository, to deploy from Deno, Bun and Node, through the `git` command (2.31 or later).
 *
 * @example
 * ```ts
 * import { fromGit } from "@pai-edge/sdk/storage/git";
 * import { execFileSync } from "node:child_process";
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * // A repository to show it with; yours is `repo: "https://github.com/owner/name"`, with a `token` if it is private.
 * const repo = mkdtempSync(join(tmpdir(), "repo-"));
 * writeFileSync(join(repo, "model.json"), "{}");
 * const git = (...args: string[]) => execFileSync("git", ["-C", repo, "-c", "user.name=a", "-c", "user.email=a@b", ...args]);
 * git("init", "-q", "-b", "main");
 * git("add", ".");
 * git("commit", "-q", "-m", "A model");
 *
 * await using model = await fromGit({ repo, local: true, branch: "main" });
 * console.log(model.label); // <repo>@<commit>
 * for await (const { path, size } of model) console.log(path, size); // model.json 2
 * ```
 *
 * @module
 */
import { mkdtemp, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve, sep } from "node:path";
import { PaiError } from "../../core/errors.ts";
import { pathProblem } from "../../core/file-path.ts";
import type { FileSource } from "../../core/files.ts";
import { bounded } from "../../core/timeout.ts";
import { onDisk } from "./disk/error.ts";
import { fromDisk, type FromDiskOptions } from "./files.ts";
import { type GitCommand, runGit } from "./git/command.ts";
import { checkBranch, checkCommit, gitAuthorization, gitRepo, gitSettings } from "./git/repo.ts";

/** Options of {@linkcode fromGit}. */
export interface FromGitOptions extends Omit<FromDiskOptions, "label" | "outsideLinks"> {
  /** Address of the repository: `https://host/path`, `ssh://git@host/path` or `git@host:path`, without credentials. */
  repo: string;
  /** A branch or tag. Default: the repository's own default branch. */
  branch?: string;
  /** Id of a commit, which wins over `branch`. Fewer than 40 digits need more of the history to be fetched. */
  commit?: string;
  /** The folder of the repository to take, POSIX and relative. Default: all of it. */
  directory?: string;
  /** Who is asking; needed with `password`, and with `token` for servers that want a name. */
  username?: string;
  /** Password of `username`. Sent over https alone. */
  password?: string;
  /** An access token. Sent over https alone. */
  token?: string;
  /**
   * Whether a repository on this machine will do: its path or `file:` address, or that of a server on it that speaks
   * plain http. @default {false}
   */
  local?: boolean;
  /** Milliseconds for all of it. @default {600000} */
  timeout?: number;
  /** Stops it. */
  signal?: AbortSignal;
  /** The program. @default {"git"} */
  git?: string;
}

/** Files of one commit, on this machine until they are disposed of. */
export interface GitSource extends FileSource, AsyncDisposable {
  /** The folder with the files. */
  readonly directory: string;
  /** Id of the commit. */
  readonly commit: string;
  /** Removes the files from this machine. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Fetches one commit of a repository, and no more of its history, into a folder of its own, which exists until the source
 * is disposed of: `await using source = await fromGit(…)`. When it fails nothing is left.
 *
 * Credentials reach Git in its environment, are sent to the repository's own host alone, and are in no command line and
 * no message. Without them Git uses what it is configured with, such as keys for SSH, but asks nobody. Nothing in the
 * repository runs; submodules are not fetched.
 *
 * @throws {TypeError} when an argument can't be one, such as an address that holds credentials.
 * @throws {PaiError} with the code `GitDenied`, `NoSuchCommit`, `GitMissing`, `ENOENT` when there is no such folder in
 * it, or else `GitFailed`.
 * @throws {TimeoutError} when it takes too long.
 */
export async function fromGit(options: FromGitOptions): Promise<GitSource> {
  const { local = false, branch, commit, directory, git = "git", timeout = 600_000, signal } = options;
  const repo = gitRepo(options.repo, local);
  if (branch !== undefined) checkBranch(branch);
  if (commit !== undefined) checkCommit(commit);
  const inside = directory?.replace(/\/$/, "");
  const problem = inside === undefined ? undefined : pathProblem(inside);
  if (problem) throw new TypeError(`Cannot read the repository: \`directory\` ${problem}`);
  const authorization = gitAuthorization(repo, options);

  const address = repo.isPath ? resolve(repo.address) : repo.address; // Git runs in another folder
  const what = `Cannot read the repository "${address}"`;
  const cwd = await onDisk(what, mkdtemp(join(await realpath(tmpdir()), "git-")));
  const remove = (): Promise<void> => rm(cwd, { recursive: true, force: true });
  let running: Promise<string> | undefined;
  try {
    const id = await bounded(what, timeout, signal, (signal) => {
      const settings = gitSettings(repo, authorization, local);
      const secrets = [options.token, options.password, authorization, authorization?.slice("Basic ".length)];
      return running = checkOut({ what, git, cwd, settings, secrets, signal }, address, branch, commit);
    });
    const folder = inside === undefined ? cwd : join(cwd, ...inside.split("/"));
    await checkFolder(what, cwd, folder, directory);
    const label = `${address}@${id}${inside === undefined ? "" : `/${inside}`}`;
    const { ignore, links, emptyFolders, onSkip } = options;
    const files = fromDisk(folder, { label, ignore, links, emptyFolders, onSkip });
    const disposal = { directory: folder, commit: id, [Symbol.asyncDispose]: remove };
    return Object.defineProperties(files, Object.getOwnPropertyDescriptors(disposal)) as GitSource; // with all of it
  } catch (error) {
    await running?.catch(() => {}); // what is still ending would write into the folder
    await remove();
    throw error;
  }
}

/** Fetches a commit and writes its files, without Git's own folder. */
async function checkOut(
  command: GitCommand,
  address: string,
  branch: string | undefined,
  commit: string | undefined,
): Promise<string> {
  const git = (...args: string[]): Promise<string> => runGit(command, args);
  await git("init", "--quiet", "--template=");
  let found = false;
  for (const [depth, ...refs] of attempts(branch, commit)) {
    try {
      await git("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", ...depth, "--", address, ...refs);
      found = true;
      break;
    } catch (error) {
      if (!(error instanceof PaiError) || error.code !== "NoSuchCommit") throw error;
    }
  }
  const wanted = commit ?? branch ?? "HEAD";
  if (!found) throw new PaiError(`${command.what}: it has no "${wanted}"`, { code: "NoSuchCommit" });
  const id = (await git("rev-parse", "--verify", `${commit ?? "FETCH_HEAD"}^{commit}`)).trim();
  await git("checkout", "--quiet", "--force", "--detach", id);
  await onDisk(command.what, rm(join(command.cwd, ".git"), { recursive: true, force: true }));
  return id;
}

type Attempt = [depth: string[], ...refs: string[]];

/** What to ask a server for, one after another until it has it. */
function attempts(branch: string | undefined, commit: string | undefined): Attempt[] {
  const newest = ["--depth=1"];
  if (commit !== undefined) {
    // Servers may send a commit that they are asked for by its whole id; otherwise it is in the history of something.
    const everything: Attempt = [[], "+refs/heads/*:refs/remotes/all/*", "+refs/tags/*:refs/tags/*"];
    return commit.length < 40 ? [everything] : [[newest, commit], everything];
  }
  if (branch === undefined) return [[newest, "HEAD"]];
  return [[newest, `refs/heads/${branch}`], [newest, `refs/tags/${branch}`]];
}

/** A folder that is a link could lead to any other of this machine. */
async function checkFolder(what: string, root: string, folder: string, name = ""): Promise<void> {
  const real = await realpath(folder).catch(() => undefined);
  const isThere = real !== undefined && (real === root || real.startsWith(root + sep)) &&
    (await stat(real)).isDirectory();
  if (!isThere) throw new PaiError(`${what}: it has no folder "${name}"`, { code: "ENOENT" });
}
