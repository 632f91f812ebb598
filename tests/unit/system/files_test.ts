import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import type { FileSource } from "../../../core/files.ts";
import { fromDisk } from "../../../plugins/storage/files.ts";
import { fromMap } from "../../../plugins/storage/map.ts";

const home = await realpath(await mkdtemp(join(tmpdir(), "files-")));
after(() => rm(home, { recursive: true }));
let folders = 0;

/** Writes files into a folder of their own. */
async function folderWith(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = join(home, `${folders++}`);
  await mkdir(folder);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

const paths = async (source: FileSource): Promise<string[]> =>
  (await Array.fromAsync(source)).map(({ path }) => path);

test("fromDisk() yields the files of a folder with size, mode and content", async () => {
  const folder = await folderWith({ "a.txt": "hé", "sub/b": "", ".hidden/.c": "c" });
  await chmod(join(folder, "a.txt"), 0o755);
  const source = fromDisk(folder);
  const files = await Array.fromAsync(source);
  assert.deepEqual(files.map(({ path, size }) => [path, size]), [[".hidden/.c", 1], ["a.txt", 3], [
    "sub/b",
    0,
  ]]);
  if (process.platform !== "win32") assert.equal(files[1]!.mode, 0o755);
  assert.equal(await new Response(files[1]!.open()).text(), "hé");
  assert.equal(await new Response(files[1]!.open()).text(), "hé");
  assert.equal(await new Response(files[2]!.open()).text(), "");
  assert.equal(await source.kind(), "directory");
  assert.equal(source.directory, folder);
  assert.equal(source.label, folder);
});

test("fromDisk() orders whole paths by UTF-8 bytes", async () => {
  const order = ["a-b", "a.d/x", "a.txt", "a/b", "a/c/d", "a0", "b", "\uffee", "😀/1"];
  const files = Object.fromEntries(order.toReversed().map((path) => [path, ""]));
  assert.deepEqual(await paths(fromDisk(await folderWith(files))), order);
});

test("fromDisk() takes one file, addressed by its own name", async () => {
  const folder = await folderWith({ "model.json": "{}" });
  const source = fromDisk(join(folder, "model.json"));
  assert.equal(await source.kind(), "file");
  assert.equal(source.directory, undefined);
  assert.deepEqual(await paths(source), ["model.json"]);
  assert.equal(await source.digest(), await fromMap({ "model.json": "{}" }).digest());
});

test("fromDisk() takes relative paths and file: addresses", async () => {
  const folder = await folderWith({ "a #%20": "1" });
  const near = relative(process.cwd(), folder);
  assert.equal(fromDisk(near).label, near);
  assert.equal(fromDisk(near).directory, folder);
  for (const path of [near, pathToFileURL(folder), pathToFileURL(folder).href]) {
    assert.deepEqual(await paths(fromDisk(path)), ["a #%20"]);
  }
  assert.deepEqual(await paths(fromDisk(pathToFileURL(join(folder, "a #%20")))), ["a #%20"]);
  assert.equal(fromDisk(folder, { label: "weights" }).label, "weights");
});

test("digest() is the same from disk and from memory", async () => {
  const name = fc.stringMatching(/^[a-z.]{1,6}$/).filter((name) => name !== "." && name !== "..");
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
  const tree = fc.dictionary(path, fc.uint8Array({ maxLength: 64 }), { minKeys: 1, maxKeys: 6 });
  await fc.assert(
    fc.asyncProperty(tree, async (tree) => {
      const all = Object.keys(tree);
      fc.pre(!all.some((one) => all.some((other) => other.startsWith(`${one}/`))));
      const files = Object.fromEntries(all.map((path) => [path, new Uint8Array(tree[path]!)]));
      const disk = fromDisk(await folderWith(files), { ignore: false }), memory = fromMap(files);
      assert.equal(await disk.digest(), await memory.digest());
      assert.deepEqual(await paths(disk), await paths(memory));
    }),
    { numRuns: 30 },
  );
});

test("open() reads a large file in chunks that make up the whole", async () => {
  const content = new Uint8Array(1_000_003).map((_, index) => index * 7);
  const source = fromDisk(await folderWith({ large: content }));
  for await (const { open, size } of source) {
    assert.equal(size, content.length);
    const chunks = await Array.fromAsync(open());
    assert.ok(chunks.length > 1 && chunks.length < 20);
    assert.deepEqual(new Uint8Array(await new Blob(chunks).arrayBuffer()), content);
  }
  assert.equal(await source.digest(), await fromMap({ large: content }).digest());
});

test("open() reads a part of a file", async () => {
  const content = new Uint8Array(600_001).map((_, index) => index * 7);
  for await (const { open } of fromDisk(await folderWith({ large: content }))) {
    for (const [start, end] of [[0, 0], [1, 262_144], [262_143, 262_145], [599_999, undefined], [5, 1e9]]) {
      const read = new Uint8Array(await new Response(open({ start: start!, end })).arrayBuffer());
      assert.deepEqual(read, content.slice(start, end === undefined ? undefined : end + 1));
    }
  }
});

test("open() can be cancelled before, while and after it reads", async () => {
  const folder = await folderWith({ large: new Uint8Array(2_000_000) });
  for await (const { open } of fromDisk(folder)) {
    await open().cancel();
    const reader = open().getReader();
    assert.equal((await reader.read()).done, false);
    await reader.cancel();
    const pending = open().getReader();
    const read = pending.read();
    await pending.cancel();
    assert.equal((await read).done, true);
  }
  await rm(folder, { recursive: true });
});

test("open() says what is wrong when the file has gone", async () => {
  const folder = await folderWith({ "sub/a": "1" });
  const [entry] = await Array.fromAsync(fromDisk(folder, { label: "./model" }));
  await rm(join(folder, "sub"), { recursive: true });
  await assert.rejects(new Response(entry!.open()).text(), (error: Error & { code?: string }) => {
    const found = error.name === "PaiError" ? error : error.cause as typeof error; // Deno wraps a body's error
    return found.message === 'Cannot read "./model": "sub/a": no such file or folder' &&
      found.code === "ENOENT";
  });
});

test("fromDisk() touches nothing until it is used, and then says what is missing", async () => {
  const source = fromDisk("./no/such/model");
  assert.equal(source.directory, undefined);
  const expected = {
    name: "PaiError",
    code: "ENOENT",
    message: 'Cannot read "./no/such/model": no such file or folder',
  };
  await assert.rejects(source.kind(), expected);
  await assert.rejects(source.digest(), expected);
  await assert.rejects(paths(source), expected);
});

test("fromDisk() refuses a folder without files", async () => {
  const folder = await folderWith({});
  await mkdir(join(folder, "sub"));
  const expected = {
    name: "PaiError",
    code: "EmptyFolder",
    message: 'Cannot read "m": the folder holds no files',
  };
  await assert.rejects(paths(fromDisk(folder, { label: "m" })), expected);
  await assert.rejects(fromDisk(folder, { label: "m" }).digest(), expected);
});

test("fromDisk() follows links inside the folder", async () => {
  const folder = await folderWith({ "real/a": "1" });
  await symlink("real", join(folder, "folder"), "dir");
  await symlink(join("real", "a"), join(folder, "file"), "file");
  assert.deepEqual(await paths(fromDisk(folder)), ["file", "folder/a", "real/a"]);
  await symlink(folder, join(home, "alias"), "dir");
  assert.deepEqual(await paths(fromDisk(join(home, "alias"))), ["file", "folder/a", "real/a"]);
});

test("fromDisk() refuses links that leave the folder, unless they are allowed", async () => {
  const outside = await folderWith({ "secret": "1" });
  for (const target of [outside, join(outside, "secret")]) {
    const folder = await folderWith({ "a": "1" });
    await symlink(target, join(folder, "link"));
    await assert.rejects(paths(fromDisk(folder, { label: "./model" })), {
      code: "UnusableFile",
      message: /^Cannot read "\.\/model": the path "link" is a link that leaves the folder/,
    });
    const allowed = target === outside ? ["a", "link/secret"] : ["a", "link"];
    assert.deepEqual(await paths(fromDisk(folder, { outsideLinks: true })), allowed);
  }
  const sibling = `${await folderWith({ a: "1" })}`;
  await mkdir(`${sibling}-more`);
  await writeFile(join(`${sibling}-more`, "b"), "");
  await symlink(join(`${sibling}-more`, "b"), join(sibling, "b"));
  await assert.rejects(paths(fromDisk(sibling)), { code: "UnusableFile" });
});

test("fromDisk() refuses links that lead around in a circle or nowhere", async () => {
  for (const outsideLinks of [false, true]) {
    const folder = await folderWith({ "sub/a": "1" });
    await symlink(folder, join(folder, "sub", "up"), "dir");
    await assert.rejects(paths(fromDisk(folder, { outsideLinks })), {
      code: "UnusableFile",
      message: /around itself/,
    });
  }
  const broken = await folderWith({ a: "1" });
  await symlink("missing", join(broken, "link"));
  await assert.rejects(paths(fromDisk(broken)), { code: "ENOENT", message: /"link": no such file/ });
  const self = await folderWith({ a: "1" });
  await symlink("link", join(self, "link"));
  await assert.rejects(paths(fromDisk(self)), { code: "ELOOP" });
});

test("fromDisk() refuses what is no local path, at once", () => {
  for (const path of ["", "https://example.com/model", new URL("https://example.com/model"), "a\0b"]) {
    assert.throws(() => fromDisk(path), { name: "TypeError", message: /^Cannot use .* as a local path/ });
  }
  assert.throws(() => fromDisk("oss://bucket/model"), { name: "TypeError", message: /ossUri/ });
});

test("fromDisk() refuses names that no other source could have", async () => {
  if (process.platform === "win32") return; // such names can't be made there
  const folder = await folderWith({ "a\\b": "1" });
  await assert.rejects(paths(fromDisk(folder)), { code: "UnusableFile", message: /backslash/ });
  await assert.rejects(paths(fromDisk(join(folder, "a\\b"))), { code: "UnusableFile", message: /backslash/ });
});
