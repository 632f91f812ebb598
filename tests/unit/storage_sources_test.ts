import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dataset,
  emptyDir,
  gitRepo,
  imageFiles,
  InferenceSpec,
  type MountSource,
  nfs,
  ossFolder,
  raw,
  sharedMemory,
} from "../../plugins/deploy/mod.ts";

const repo = "https://github.com/owner/name.git";

const sources: { name: string; make: () => MountSource; entry: Record<string, unknown> }[] = [
  {
    name: "nfs()",
    make: () => nfs("s.nas.aliyuncs.com", { path: "/models", readOnly: true }),
    entry: { nfs: { path: "/models", readOnly: true, server: "s.nas.aliyuncs.com" } },
  },
  {
    name: "ossFolder()",
    make: () => ossFolder("oss://b.ep.com/model.json", { kind: "file", readOnly: true }),
    entry: { oss: { path: "oss://b/", endpoint: "ep.com", readOnly: true } },
  },
  { name: "emptyDir()", make: emptyDir, entry: { empty_dir: {} } },
  {
    name: "sharedMemory()",
    make: () => sharedMemory(0.5),
    entry: { empty_dir: { medium: "memory", size_limit: 0.5 } },
  },
  {
    name: "imageFiles()",
    make: () => imageFiles("i:1", "/x/"),
    entry: { image: { image: "i:1", path: "/x/" } },
  },
  {
    name: "gitRepo()",
    make: () => gitRepo({ repo: "https://codeup.aliyun.com/a/b.git", username: "u", token: "t" }),
    entry: { git: { repo: "https://codeup.aliyun.com/a/b.git", username: "u", password: "t" } },
  },
  {
    name: "nfs() of a resource group",
    make: () => nfs("s", { resourceGroup: "rg-1" }),
    entry: { nfs: { path: "/", readOnly: false, server: "s", resourceGroup: "rg-1" } },
  },
  { name: "dataset()", make: () => dataset("d-1"), entry: { dataset: { id: "d-1" } } },
  {
    name: "dataset() of a version",
    make: () => dataset("d-1", { version: "v2", readOnly: false }),
    entry: { dataset: { id: "d-1", version: "v2", read_only: false } },
  },
  {
    name: "a literal",
    make: () => ({ cache: { path: "/data", capacity: "200G" } }),
    entry: { cache: { path: "/data", capacity: "200G" } },
  },
  {
    name: "raw()",
    make: () => raw({ lakefs: { repo: "r" }, "a.b": 1 }),
    entry: { lakefs: { repo: "r" }, "a.b": 1 },
  },
];

for (const { name, make, entry } of sources) {
  test(`InferenceSpec mount takes what ${name} makes, and mounts it where it is told`, () => {
    assert.deepEqual(new InferenceSpec().mount(make(), "/x").toJSON().storage, [{
      mount_path: "/x",
      ...entry,
    }]);
  });
}

const badSources: { name: string; make: () => unknown; says: RegExp }[] = [
  { name: "nfs() without a server", make: () => nfs(""), says: /server is missing/ },
  { name: "dataset() without an id", make: () => dataset(""), says: /id is missing/ },
  { name: "imageFiles() without a path", make: () => imageFiles("i", ""), says: /path is missing/ },
  { name: "sharedMemory() of nothing", make: () => sharedMemory(0), says: /above 0, not 0/ },
  { name: "raw() of what is not JSON", make: () => raw({ a: () => 1 }), says: /"storage\.a"/ },
  {
    name: "raw() with another path",
    make: () => new InferenceSpec().mount(raw({ mount_path: "/y" }), "/x"),
    says: /its own mount_path is "\/y"/,
  },
  { name: "gitRepo() without address", make: () => gitRepo({ repo: "" }), says: /`repo` must be a text/ },
  { name: "gitRepo() of a name", make: () => gitRepo({ repo: "owner/name" }), says: /no https address/ },
  {
    name: "gitRepo() over ssh",
    make: () => gitRepo({ repo: "git@github.com:o/n.git" }),
    says: /https:\/\/github.com\/o\/n.git/,
  },
  {
    name: "gitRepo() over http",
    make: () => gitRepo({ repo: "http://github.com/o/n" }),
    says: /no https address/,
  },
  {
    name: "gitRepo() with credentials in the address",
    make: () => gitRepo({ repo: "https://u:hush@example.com/r" }),
    says: /holds credentials/,
  },
  {
    name: "gitRepo() with a query",
    make: () => gitRepo({ repo: `${repo}?private_token=hush` }),
    says: /has a query/,
  },
  {
    name: "gitRepo() with two secrets",
    make: () => gitRepo({ repo, username: "u", password: "hush", token: "hush" }),
    says: /both/,
  },
  {
    name: "gitRepo() with a password alone",
    make: () => gitRepo({ repo, password: "hush" }),
    says: /without `username`/,
  },
  {
    name: "gitRepo() with a name alone",
    make: () => gitRepo({ repo, username: "u" }),
    says: /without `password`/,
  },
  {
    name: "gitRepo() with a number",
    make: () => gitRepo({ repo, commit: 1 } as unknown as Parameters<typeof gitRepo>[0]),
    says: /`commit` must be a text/,
  },
  {
    name: "gitRepo() with an unknown option",
    make: () => gitRepo({ repo, tag: "v1" } as unknown as Parameters<typeof gitRepo>[0]),
    says: /unknown option "tag"/,
  },
];

for (const { name, make, says } of badSources) {
  test(`${name} is refused, and no secret is told`, () => {
    assert.throws(
      make,
      (error) =>
        error instanceof Error && /TypeError|RangeError/.test(error.name) && says.test(error.message) &&
        !error.message.includes("hush"),
    );
  });
}
