import { PaiError } from "../../../core/errors.ts";

/** Where a repository is, checked. */
export interface GitRepo {
  /** The address, which holds no secret. */
  address: string;
  /** Scheme and host, for which credentials are meant; absent when they can't be sent. */
  origin?: string;
  /** Whether the address is a path of this machine. */
  isPath?: boolean;
}

/**
 * Checks the address of a repository: `https://host/path`, `ssh://git@host/path` or `git@host:path`. Git knows more:
 * those that run programs (`ext::`), start with options or read any folder of this machine are refused.
 *
 * @param local Whether this machine will do: a folder as a path or `file:` address, credentials over http to it.
 * @throws {TypeError} when it is none of them, or holds credentials.
 */
export function gitRepo(repo: string, local: boolean): GitRepo {
  const refuse = (problem: string): TypeError => new TypeError(`Cannot read the repository: ${problem}`);
  if (typeof repo !== "string" || repo === "") throw refuse("`repo` is no address");
  // deno-lint-ignore no-control-regex -- they could end a line of a message or of a configuration
  if (repo.startsWith("-") || /[\s\x00-\x1f\x7f]/.test(repo)) {
    throw refuse("`repo` starts with a dash or has spaces");
  }
  const scp = /^[\w.-]+@[\w.-]+:(?!\/\/)(.+)$/.exec(repo);
  if (scp) {
    if (/@-|:-/.test(repo)) throw refuse("a part of `repo` starts with a dash");
    return { address: repo };
  }
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(repo)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === "file") {
    if (!local) {
      throw refuse("`repo` is a folder of this machine; use `fromDisk()`, or allow it with `local: true`");
    }
    return { address: repo, isPath: scheme === undefined };
  }
  if (!["https", "http", "ssh"].includes(scheme) || !URL.canParse(repo)) {
    throw refuse("`repo` is neither https://host/path nor git@host:path");
  }
  const url = new URL(repo);
  if (url.password || url.username && scheme !== "ssh") {
    throw refuse("`repo` holds credentials; pass them as `token`, or as `username` and `password`");
  }
  if (url.search || url.hash) {
    throw refuse("`repo` has a query, which Git does not need and may hold a secret");
  }
  if (/^-|%/.test(url.hostname) || url.username.startsWith("-")) throw refuse("the host of `repo` is none");
  const here = local && /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  return scheme === "https" || scheme === "http" && here
    ? { address: repo, origin: url.origin }
    : { address: repo };
}

/**
 * Checks the name of a branch or tag.
 *
 * Source: https://git-scm.com/docs/git-check-ref-format
 *
 * @throws {TypeError} when Git would not take it for a name.
 */
export function checkBranch(branch: string): void {
  // deno-lint-ignore no-control-regex -- as Git has it
  const bad = /^[-/.]|[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|[/.]$|\.lock(?:\/|$)|^@$/;
  if (branch === "" || bad.test(branch)) {
    throw new TypeError(
      `Cannot read the repository: ${JSON.stringify(branch)} is no name of a branch or tag`,
    );
  }
}

/**
 * Checks the id of a commit.
 *
 * @throws {TypeError} when it isn't 7 to 64 hex digits.
 */
export function checkCommit(commit: string): void {
  if (/^[0-9a-f]{7,64}$/i.test(commit)) return;
  throw new TypeError(
    `Cannot read the repository: ${JSON.stringify(commit)} is no id of a commit, 7 to 64 hex digits`,
  );
}

/**
 * The settings of Git for one checkout: what credentials go where, and that nothing of the repository runs. They reach
 * Git through its environment, since everybody on a machine may see command lines.
 *
 * @param authorization Value of the header, when there are credentials.
 */
export function gitSettings(
  repo: GitRepo,
  authorization: string | undefined,
  local: boolean,
): Record<string, string> {
  return {
    "advice.detachedHead": "false",
    "core.autocrlf": "false", // the same bytes on Windows
    "core.eol": "lf",
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "gc.auto": "0",
    "http.followRedirects": "initial",
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "protocol.http.allow": "always",
    "protocol.ssh.allow": "always",
    "protocol.file.allow": local ? "always" : "never",
    "submodule.recurse": "false",
    ...(authorization && repo.origin && {
      "credential.helper": "", // none may store or replace what was given
      [`http.${repo.origin}/.extraHeader`]: `Authorization: ${authorization}`,
    }),
  };
}

/**
 * The header that credentials make. A token alone is a password to the servers that know tokens, for which any name
 * will do.
 *
 * @throws {TypeError} when credentials are incomplete, or could not be kept secret on their way.
 */
export function gitAuthorization(
  repo: GitRepo,
  credentials: { username?: string; password?: string; token?: string },
): string | undefined {
  const { username, password, token } = credentials;
  const refuse = (problem: string): TypeError => new TypeError(`Cannot read the repository: ${problem}`);
  if (password !== undefined && token !== undefined) throw refuse("both `password` and `token` are given");
  const secret = token ?? password;
  if (secret === undefined) {
    if (username !== undefined) throw refuse("`username` is given without `password` or `token`");
    return undefined;
  }
  if (secret === "") throw refuse("the `token` or `password` is empty");
  if (password !== undefined && !username) throw refuse("`password` is given without `username`");
  if (!repo.origin) throw refuse("credentials are only sent to an address that starts with https://");
  const bytes = new TextEncoder().encode(`${username || "x-access-token"}:${secret}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/** The error of a command that failed, as it said itself. */
export function gitError(what: string, said: string): PaiError {
  const lines = said.split("\n").map((line) => line.trim()).filter((line) =>
    /^(fatal|error|remote):/.test(line)
  );
  const reason = (lines.length ? lines : [said.trim()]).join("; ").slice(0, 1000) || "git said nothing";
  const denied = /authentication failed|could not read username|permission denied|access denied|403/i.test(
    reason,
  );
  const missing = /couldn't find remote ref|not our ref|unadvertised object|needed a single revision/i
    .test(reason);
  const code = denied ? "GitDenied" : missing ? "NoSuchCommit" : "GitFailed";
  const advice = denied ? "; pass a `token` that may read it" : "";
  return new PaiError(`${what}: ${reason}${advice}`, { code });
}
