import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkBranch,
  checkCommit,
  gitAuthorization,
  gitError,
  gitRepo,
  gitSettings,
} from "../../plugins/storage/git/repo.ts";

const taken = [
  "https://github.com/owner/name",
  "https://github.com/owner/name.git",
  "https://codeup.aliyun.com:443/org/group/name.git",
  "ssh://git@host.example:2222/owner/name.git",
  "git@codeup.aliyun.com:org/name.git",
  "http://host.example/owner/name",
];
for (const repo of taken) {
  test(`gitRepo() takes ${repo}`, () => assert.equal(gitRepo(repo, false).address, repo));
}

const refused: [repo: string, problem: RegExp][] = [
  ["", /is no address/],
  ["--upload-pack=touch /evil", /starts with a dash/],
  ["-ussh", /starts with a dash/],
  ["ext::sh -c touch% /evil", /spaces/],
  ["ext::evil", /neither https/],
  ["fd::17", /neither https/],
  ["EXT::evil", /neither https/],
  ["git://host.example/name", /neither https/],
  ["ftp://host.example/name", /neither https/],
  ["oss://bucket/name", /neither https/],
  ["file:///etc", /folder of this machine/],
  ["FILE:///etc", /folder of this machine/],
  ["/srv/repo", /folder of this machine/],
  ["../repo", /folder of this machine/],
  ["name", /folder of this machine/],
  ["https://user:sesame@host.example/name", /holds credentials/],
  ["https://sesame@host.example/name", /holds credentials/],
  ["http://sesame@host.example/name", /holds credentials/],
  ["ssh://git:sesame@host.example/name", /holds credentials/],
  ["https://host.example/name?token=sesame", /query/],
  ["https://host.example/name#sesame", /query/],
  ["ssh://-oProxyCommand=evil/name", /host|neither/],
  ["ssh://-oProxyCommand@host.example/name", /host/],
  ["git@-oProxyCommand:name", /starts with a dash/],
  ["git@host:-oProxyCommand", /starts with a dash/],
  ["https://host.example/a\nb", /spaces/],
  ["https://", /neither https/],
];
for (const [repo, problem] of refused) {
  test(`gitRepo() refuses ${JSON.stringify(repo)}`, () => {
    assert.throws(() => gitRepo(repo, false), (error: Error) => {
      assert.equal(error.name, "TypeError");
      assert.match(error.message, problem);
      assert.doesNotMatch(error.message, /sesame/);
      return true;
    });
  });
}

test("gitRepo() takes folders of this machine only when that is allowed", () => {
  for (const repo of ["/srv/repo", "../repo", "file:///srv/repo"]) {
    assert.equal(gitRepo(repo, true).address, repo);
  }
  for (const repo of ["-x", "ext::evil", "a b"]) assert.throws(() => gitRepo(repo, true), TypeError);
});

test("checkBranch() takes names of branches and nothing else", () => {
  for (const name of ["main", "feature/x", "v1.0.2", "a-b_c", "目录", "user@home", "x{y}"]) checkBranch(name);
  const bad = [
    "",
    "-x",
    "--upload-pack=x",
    ".a",
    "a/.b",
    "a..b",
    "a b",
    "a~1",
    "a^",
    "a:b",
    "a?",
    "a*",
    "[a",
    "a\\b",
  ];
  for (
    const name of [...bad, "a/", "/a", "a//b", "a.", "a.lock", "a.lock/b", "a@{1}", "@", "a\nb", "a\x7f"]
  ) {
    assert.throws(() => checkBranch(name), TypeError, name);
  }
});

test("checkCommit() takes ids of commits and nothing else", () => {
  for (const id of ["0123abc", "a".repeat(40), "B".repeat(64)]) checkCommit(id);
  for (const id of ["", "abc", "HEAD", "-1234567", "0123abg", "a".repeat(65), "0123abc\n"]) {
    assert.throws(() => checkCommit(id), TypeError, id);
  }
});

test("gitSettings() sends credentials to the repository's own host alone", () => {
  const repo = gitRepo("https://github.com/owner/name", false);
  const settings = gitSettings(repo, gitAuthorization(repo, { token: "sesame" }), false);
  assert.equal(
    settings["http.https://github.com/.extraHeader"],
    `Authorization: Basic ${btoa("x-access-token:sesame")}`,
  );
  assert.equal(settings["credential.helper"], "");
  assert.deepEqual(Object.keys(settings).filter((key) => /extraheader/i.test(key)).length, 1);
  assert.equal("credential.helper" in gitSettings(repo, undefined, false), false);
  assert.equal(settings["protocol.file.allow"], "never");
  assert.equal(gitSettings(repo, undefined, true)["protocol.file.allow"], "always");
});

test("gitAuthorization() joins a name and a secret, also one that is not ASCII", () => {
  const repo = gitRepo("https://host.example/name", false);
  const read = (value: string | undefined): string =>
    new TextDecoder().decode(Uint8Array.from(atob(value!.slice(6)), (c) => c.charCodeAt(0)));
  assert.equal(read(gitAuthorization(repo, { username: "me", password: "pä:ss" })), "me:pä:ss");
  assert.equal(read(gitAuthorization(repo, { username: "me", token: "t" })), "me:t");
  assert.equal(gitAuthorization(repo, {}), undefined);
});

test("gitAuthorization() refuses credentials that are incomplete or would not be secret", () => {
  const repo = gitRepo("https://host.example/name", false);
  const wrong = [
    { username: "me" },
    { password: "sesame" },
    { token: "" },
    { username: "me", password: "" },
    { token: "sesame", password: "sesame", username: "me" },
  ];
  for (const credentials of wrong) {
    assert.throws(() => gitAuthorization(repo, credentials), (error: Error) => {
      assert.doesNotMatch(error.message, /sesame/);
      return error instanceof TypeError;
    });
  }
  for (
    const address of ["http://host.example/name", "git@host.example:name", "ssh://git@host.example/name"]
  ) {
    assert.throws(() => gitAuthorization(gitRepo(address, false), { token: "sesame" }), {
      name: "TypeError",
      message: /only sent to an address that starts with https/,
    });
  }
  assert.throws(() => gitAuthorization(gitRepo("http://host.example/name", true), { token: "x" }), TypeError);
  assert.ok(gitAuthorization(gitRepo("http://127.0.0.1:80/name", true), { token: "x" }));
});

test("gitError() tells what Git said, and by a code what it means", () => {
  const codes: [said: string, code: string][] = [
    ["fatal: Authentication failed for 'https://host/x/'", "GitDenied"],
    ["fatal: could not read Username for 'https://host': terminal prompts disabled", "GitDenied"],
    ["git@host: Permission denied (publickey).\nfatal: Could not read from remote repository.", "GitFailed"],
    ["fatal: couldn't find remote ref refs/heads/x", "NoSuchCommit"],
    ["fatal: remote error: upload-pack: not our ref 0123", "NoSuchCommit"],
    ["error: Server does not allow request for unadvertised object 0123", "NoSuchCommit"],
    ["fatal: unable to access 'https://host/': Could not resolve host: host", "GitFailed"],
    ["", "GitFailed"],
  ];
  for (const [said, code] of codes) assert.equal(gitError("Cannot x", said).code, code, said);
  const said = "Cloning…\nremote: Not here\nfatal: repository 'x' not found\nmore\n";
  assert.equal(
    gitError("Cannot x", said).message,
    "Cannot x: remote: Not here; fatal: repository 'x' not found",
  );
});
