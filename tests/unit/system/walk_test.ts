import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import fc from "fast-check";
import { compareUtf8 } from "../../../core/percent.ts";
import { extract } from "../../../plugins/storage/extract.ts";
import { fromDisk, type FromDiskOptions, type Skipped } from "../../../plugins/storage/files.ts";
import { tar } from "../../../plugins/storage/tar.ts";

const home = await realpath(await mkdtemp(join(tmpdir(), "walk-")));
after(() => rm(home, { recursive: true }));
let folders = 0;

async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = join(home, `${folders++}`);
  await mkdir(folder);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

async function paths(folder: string, options?: FromDiskOptions): Promise<string[]> {
  return (await Array.fromAsync(fromDisk(folder, options))).map(({ path }) => path);
}

const project = {
  ".git/HEAD": "ref",
  ".env": "KEY=1",
  ".hidden": "",
  ".paiignore": "*.log\n!keep.log\n/data/\n",
  "app.py": "",
  "x.log": "",
  "data/large": "",
  "node_modules/x/index.js": "",
  "sub/data/small": "",
  "sub/keep.log": "",
  "sub/.paiignore": "keep.log\n!.env\n",
  "sub/.env": "",
  "sub/__pycache__/app.pyc": "",
};

test("fromDisk() leaves out what the defaults and .paiignore say, and tells why", async () => {
  const folder = await folderWith(project);
  const skipped: Skipped[] = [];
  const left = await paths(folder, { onSkip: (one) => skipped.push(one) });
  assert.deepEqual(left, [".hidden", "app.py", "sub/.env", "sub/data/small"]);
  skipped.sort((a, b) => compareUtf8(a.path, b.path));
  assert.deepEqual(skipped, [
    { path: ".env", kind: "file", because: 'the rule ".env" of the defaults' },
    { path: ".git", kind: "directory", because: 'the rule ".git" of the defaults' },
    { path: ".paiignore", kind: "file", because: 'the rule ".paiignore" of the defaults' },
    { path: "data", kind: "directory", because: 'the rule "/data/" of .paiignore' },
    { path: "node_modules", kind: "directory", because: 'the rule "node_modules/" of the defaults' },
    { path: "sub/.paiignore", kind: "file", because: 'the rule ".paiignore" of the defaults' },
    { path: "sub/__pycache__", kind: "directory", because: 'the rule "__pycache__/" of the defaults' },
    { path: "sub/keep.log", kind: "file", because: 'the rule "keep.log" of sub/.paiignore' },
    { path: "x.log", kind: "file", because: 'the rule "*.log" of .paiignore' },
  ]);
});

test("fromDisk() takes rules of one's own instead, or none", async () => {
  const folder = await folderWith(project);
  assert.deepEqual(await paths(folder, { ignore: false }), Object.keys(project).sort(compareUtf8));
  assert.deepEqual(await paths(folder, { ignore: ["*", "!*.py", "!/sub/", "!.env"] }), [
    ".env",
    "app.py",
    "sub/.env",
  ]);
  assert.deepEqual(await paths(folder, { ignore: [] }), Object.keys(project).sort(compareUtf8));
  await assert.rejects(paths(folder, { ignore: ["*"] }), { code: "EmptyFolder" });
});

test("fromDisk() doesn't look at what it leaves out", { skip: process.platform === "win32" }, async () => {
  const folder = await folderWith({ "a": "1", "node_modules/x": "" });
  await symlink("nowhere", join(folder, "node_modules", "broken"));
  await symlink("nowhere", join(folder, ".env"));
  await symlink(folder, join(folder, ".venv"), "dir");
  await symlink(home, join(folder, "__pycache__"), "dir");
  await chmod(join(folder, "node_modules"), 0);
  assert.deepEqual(await paths(folder), ["a"]);
  await chmod(join(folder, "node_modules"), 0o755);
});

test("the digest is that of what is left", async () => {
  const folder = await folderWith({ "a": "1", ".env": "secret" });
  const digest = await fromDisk(folder).digest();
  await writeFile(join(folder, ".env"), "another");
  assert.equal(await fromDisk(folder).digest(), digest);
  assert.notEqual(await fromDisk(folder, { ignore: false }).digest(), digest);
});

test("one file is taken whatever rules say", async () => {
  const folder = await folderWith({ ".env": "1" });
  assert.deepEqual(await paths(join(folder, ".env")), [".env"]);
});

const git = spawnSync("git", ["--version"]).status === 0;
test("rules leave out what Git leaves out", { skip: !git }, async () => {
  const name = fc.constantFrom("a", "b", "ab", "a.b", "c d", ".x");
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
  const piece = fc.constantFrom("a", "b", "ab", "a.b", "c d", ".x", "*", "?", "**", "[ab]", "*.b", "a*");
  const rule = fc.tuple(
    fc.constantFrom("", "", "", "!"),
    fc.constantFrom("", "", "/"),
    fc.array(piece, { minLength: 1, maxLength: 3 }),
    fc.constantFrom("", "", "/"),
  ).map(([not, start, pieces, end]) => not + start + pieces.join("/") + end);
  const rules = fc.array(rule, { minLength: 1, maxLength: 4 });
  const where = fc.constantFrom("", "a", "b", "a/b", "c d", "c d/a");
  const given = fc.record({
    files: fc.uniqueArray(path, { minLength: 1, maxLength: 8 }),
    rules: fc.array(fc.tuple(where, rules), { minLength: 1, maxLength: 3 }),
  });
  const work = join(home, "git");
  await fc.assert(
    fc.asyncProperty(given, async ({ files, rules }) => {
      await rm(work, { recursive: true, force: true });
      await mkdir(work);
      spawnSync("git", ["init", "-q", work]);
      for (const path of files) {
        if (files.some((other) => other.startsWith(`${path}/`))) continue;
        await mkdir(dirname(join(work, path)), { recursive: true });
        await writeFile(join(work, path), "");
      }
      for (const [folder, lines] of rules) {
        await mkdir(join(work, folder), { recursive: true }).catch(() => {}); // where a file has the name
        await writeFile(join(work, folder, ".paiignore"), lines.join("\n")).catch(() => {});
      }
      const args = ["-C", work, "ls-files", "-z", "--others", "--exclude-per-directory=.paiignore"];
      const listed = spawnSync("git", args, { encoding: "utf8" });
      assert.equal(listed.status, 0, listed.stderr);
      await rename(join(work, ".git"), join(home, "git-folder"));
      await rm(join(home, "git-folder"), { recursive: true });
      const ours = await paths(work, { ignore: true }).catch((error) => {
        assert.equal(error.code, "EmptyFolder");
        return [];
      });
      const withoutRules = (paths: string[]): string[] =>
        paths.filter((path) => path && !path.endsWith(".paiignore"));
      assert.deepEqual(withoutRules(ours), withoutRules(listed.stdout.split("\0")).sort(compareUtf8)); // `!*` takes the rules in, too
    }),
    { numRuns: 25 },
  );
});

test("fromDisk() keeps links that stay inside, on request", async () => {
  const folder = await folderWith({ "real/a": "1" });
  await symlink("real", join(folder, "folder"), "dir");
  await symlink(join("..", "real", "a"), join(folder, "real", "again"), "file");
  await symlink("missing", join(folder, "dangling"));
  const entries = await Array.fromAsync(fromDisk(folder, { links: "keep" }));
  assert.deepEqual(entries.map(({ path, kind, target, size }) => [path, kind, target, size]), [
    ["dangling", "link", "missing", 0],
    ["folder", "link", "real", 0],
    ["real/a", undefined, undefined, 1],
    ["real/again", "link", "../real/a", 0],
  ]);
  assert.equal(await new Response(entries[0]!.open()).text(), "");
  for (const target of [home, "..", "../outside", "real/../..", "/etc/passwd"]) {
    const other = await folderWith({ "real/a": "1" });
    await symlink(target, join(other, "link"));
    for (const outsideLinks of [true, false]) {
      await assert.rejects(paths(other, { links: "keep", outsideLinks }), {
        code: "UnusableFile",
        message: /"link" leads/,
      });
    }
  }
});

test("fromDisk() refuses links on request", async () => {
  const folder = await folderWith({ "real/a": "1" });
  assert.deepEqual(await paths(folder, { links: "refuse" }), ["real/a"]);
  await symlink("real", join(folder, "link"), "dir");
  const message = /the path "link" is a link$/;
  await assert.rejects(paths(folder, { links: "refuse" }), { code: "UnusableFile", message });
  assert.deepEqual(await paths(folder, { links: "refuse", ignore: ["link"] }), ["real/a"]);
});

test("fromDisk() skips, keeps or refuses empty folders", async () => {
  const folder = await folderWith({ "a.txt": "1", "a/b/c": "2" });
  await mkdir(join(folder, "a", "empty", "inner"), { recursive: true });
  const skipped: Skipped[] = [];
  assert.deepEqual(await paths(folder, { onSkip: (one) => skipped.push(one) }), ["a.txt", "a/b/c"]);
  assert.deepEqual(skipped.map(({ path, because }) => [path, because]), [
    ["a/empty/inner", "it holds no files"],
    ["a/empty", "it holds no files"],
  ]);
  assert.deepEqual(await paths(folder, { emptyFolders: "keep" }), ["a.txt", "a/b/c", "a/empty/inner"]);
  await assert.rejects(paths(folder, { emptyFolders: "refuse" }), {
    code: "UnusableFile",
    message: /"a\/empty\/inner" is an empty folder$/,
  });
});

test("links and empty folders come back from an archive", async () => {
  const folder = await folderWith({ "a/b": "1" });
  await mkdir(join(folder, "empty"));
  await symlink(join("a", "b"), join(folder, "link"));
  const source = fromDisk(folder, { links: "keep", emptyFolders: "keep" });
  const copy = join(home, "copy");
  await extract(tar(source), copy);
  assert.equal(await fromDisk(copy, { links: "keep", emptyFolders: "keep" }).digest(), await source.digest());
  assert.notEqual(await fromDisk(copy).digest(), await source.digest());
});
