import type { StorageEntry } from "../../core/service-config.ts";

/** Where code is in Git, and who may read it. */
export interface GitOptions {
  /** Address of the repository: `https://host/path`, without credentials. */
  repo: string;
  /** Branch. Default: `master`, which EAS takes when none is named. */
  branch?: string;
  /** Id of a commit. */
  commit?: string;
  /** Who is asking; Codeup wants a name also with a token. */
  username?: string;
  /** Password of `username`. */
  password?: string;
  /** An access token, in place of a password. */
  token?: string;
}

const optionNames = ["repo", "branch", "commit", "username", "password", "token"];

// What GitHub and GitLab take for a name when a token says it all.
const nameOfTokens = "x-access-token";

/**
 * The keys of a Git storage. EAS reads the repository itself, so nothing is fetched here and no program gets to see
 * the credentials: https://help.aliyun.com/zh/pai/mount-storage-to-services.
 *
 * @throws {TypeError} when an option is unknown or no text, the address is not https or holds credentials, or
 * credentials are incomplete.
 */
export function gitSource(options: GitOptions): NonNullable<StorageEntry["git"]> {
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!optionNames.includes(name)) {
      throw refuse(`unknown option ${JSON.stringify(name)}; use ${optionNames.join(", ")}`);
    }
    if (typeof value !== "string" || value === "") throw refuse(`\`${name}\` must be a text`);
  }
  const { repo, branch, commit, ...credentials } = options ?? {};
  checkAddress(repo);
  return { repo, ...(branch && { branch }), ...(commit && { commit }), ...login(credentials) };
}

function checkAddress(repo: string | undefined): asserts repo is string {
  if (!repo) throw refuse("`repo` is missing");
  const scp = /^[\w.-]+@([\w.-]+):(.+)$/.exec(repo);
  if (scp) throw refuse(`EAS reads https addresses only; use https://${scp[1]}/${scp[2]}`);
  if (!/^https:\/\//i.test(repo) || !URL.canParse(repo)) throw refuse("`repo` is no https address");
  const { username, password, search, hash } = new URL(repo);
  if (username || password) {
    throw refuse("`repo` holds credentials; pass them as `token`, or as `username` and `password`");
  }
  if (search || hash) throw refuse("`repo` has a query, which Git does not need and may hold a secret");
}

function login(
  { username, password, token }: Pick<GitOptions, "username" | "password" | "token">,
): { username?: string; password?: string } {
  if (password !== undefined && token !== undefined) throw refuse("both `password` and `token` are given");
  if (password !== undefined && username === undefined) {
    throw refuse("`password` is given without `username`");
  }
  const secret = token ?? password;
  if (secret !== undefined) return { username: username ?? nameOfTokens, password: secret };
  if (username !== undefined) throw refuse("`username` is given without `password` or `token`");
  return {};
}

function refuse(problem: string): TypeError {
  return new TypeError(`Cannot use the Git repository: ${problem}`);
}
