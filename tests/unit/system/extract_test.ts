import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { gzipSync } from "fflate";
import { extract, type ExtractProgress } from "../../../plugins/storage/extract.ts";
import { fromDisk } from "../../../plugins/storage/files.ts";
import { fromMap } from "../../../plugins/storage/map.ts";
import { archiveDigest, tar, tarGz } from "../../../plugins/storage/tar.ts";
import { archiveOf, maliciousArchives } from "../../support/archives.ts";
import { type Tree, trees } from "../../support/trees.ts";

const home = await realpath(await mkdtemp(join(tmpdir(), "extract-")));
after(() => rm(home, { recursive: true }));
let folders = 0;

/** A folder of its own, and one inside that isn't there yet. */
async function place(): Promise<{ outside: string; folder: string }> {
  const outside = join(home, `${folders++}`);
  await mkdir(outside);
  return { outside, folder: join(outside, "target") };
}

async function writeTree(folder: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** All that is below a folder: kind, permissions, and content or target. */
async function found(folder: string, prefix = ""): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const name of await readdir(folder)) {
    const path = prefix + name, full = join(folder, name);
    const info = await lstat(full);
    const mode = (info.mode & 0o7777).toString(8);
    if (info.isSymbolicLink()) all[path] = `link to ${await readlink(full)}`;
    else if (info.isDirectory()) {
      Object.assign(all, { [path]: `folder ${mode}` }, await found(full, `${path}/`));
    } else all[path] = `file ${mode} ${(await readFile(full)).toString("hex")}`;
  }
  return all;
}

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new Blob([new Uint8Array(bytes)]).stream();

/** GNU tar, where it is the system's. */
const gnu = /GNU tar/.test(spawnSync("tar", ["--version"], { encoding: "utf8" }).stdout ?? "");
function gnuTar(args: string[], input?: Uint8Array): Uint8Array {
  const { status, stdout, stderr } = spawnSync("tar", args, { input, maxBuffer: 1e9 });
  if (status !== 0) throw new Error(`tar ${args.join(" ")}: ${stderr}`);
  return stdout;
}

test(
  "GNU tar extracts from any archive of tar() what extract() does, which is the tree",
  { skip: !gnu },
  async () => {
    await fc.assert(
      fc.asyncProperty(trees(), fc.boolean(), async (tree, zipped) => {
        const { outside, folder } = await place();
        const archive = new Uint8Array(
          await new Response((zipped ? tarGz : tar)(fromMap(tree))).arrayBuffer(),
        );
        await mkdir(join(outside, "gnu"));
        const args = ["-x", ...(zipped ? ["-z"] : []), "-f", "-", "--no-same-owner", "--no-same-permissions"];
        gnuTar([...args, "-C", join(outside, "gnu")], archive);
        const { files } = await extract(streamOf(archive), folder);
        const expected = await found(join(outside, "gnu"));
        assert.deepEqual(await found(folder), expected);
        assert.equal(files, Object.keys(tree).length);
        for (const [path, content] of Object.entries(tree)) {
          assert.equal(expected[path]?.split(" ")[2], Buffer.from(content).toString("hex"));
        }
      }),
      { numRuns: 15 },
    );
  },
);

for (const format of ["pax", "gnu", "ustar"]) {
  test(`extract() unpacks what GNU tar packed in its format ${format}`, { skip: !gnu }, async () => {
    await fc.assert(
      fc.asyncProperty(trees(), async (tree) => {
        // A ustar header has room for 155 bytes and a slash before a name of 100.
        fc.pre(format !== "ustar" || Object.keys(tree).every((path) => Buffer.byteLength(path) < 100));
        const { outside, folder } = await place();
        await writeTree(join(outside, "disk"), tree);
        const archive = gnuTar(["-c", `--format=${format}`, "-f", "-", "-C", join(outside, "disk"), "."]);
        await extract(streamOf(archive), folder);
        assert.deepEqual(await found(folder), await found(join(outside, "disk")));
      }),
      { numRuns: 15 },
    );
  });

  test(
    `extract() unpacks links, modes and empty folders from GNU's format ${format}`,
    { skip: !gnu },
    async () => {
      const { outside, folder } = await place();
      const disk = join(outside, "disk");
      const long = `${"long folder/".repeat(7)}file`;
      await writeTree(disk, {
        "a/run.sh": new Uint8Array([1]),
        "a/b": new Uint8Array(1000),
        [long]: new Uint8Array(3),
      });
      await chmod(join(disk, "a/run.sh"), 0o755);
      await chmod(join(disk, "a/b"), 0o640);
      await mkdir(join(disk, "empty", "too"), { recursive: true });
      await symlink("../a/b", join(disk, "empty", "link"));
      await symlink("nowhere", join(disk, "dangling"));
      await symlink(".", join(disk, "self"));
      await link(join(disk, "a/b"), join(disk, "z hard"));
      const archive = gnuTar(["-cz", `--format=${format}`, "-f", "-", "-C", disk, "."]);
      await extract(streamOf(archive), folder);
      assert.deepEqual(await found(folder), await found(disk));
    },
  );
}

test("extract() refuses sparse files of GNU tar", { skip: !gnu }, async () => {
  const { outside, folder } = await place();
  const { status } = spawnSync("truncate", ["-s", "1M", join(outside, "sparse")]);
  assert.equal(status, 0);
  for (const format of ["pax", "gnu"]) {
    const archive = gnuTar(["-cS", `--format=${format}`, "-f", "-", "-C", outside, "sparse"]);
    await assert.rejects(extract(streamOf(archive), folder), { code: "UnsupportedArchive" });
  }
});

for (const [title, { members, code, message }] of Object.entries(maliciousArchives)) {
  test(`extract() writes nothing from an archive that has ${title}`, async () => {
    const { outside, folder } = await place();
    const archive = await archiveOf({ name: "first", content: "good" }, ...members);
    for (const bytes of [archive, gzipSync(archive)]) {
      await assert.rejects(extract(streamOf(bytes), folder), { name: "PaiError", code, message });
      assert.deepEqual(await readdir(outside), []);
    }
  });
}

test("extract() keeps links that stay inside", async () => {
  const { folder } = await place();
  const archive = await archiveOf(
    { name: "link", type: "symlink", linkname: "a" },
    { name: "a/file", content: "1", mode: 0o644 },
    { name: "a/up", type: "symlink", linkname: "../a/file" },
  );
  await extract(streamOf(archive), folder);
  assert.equal(await readFile(join(folder, "link", "up"), "utf8"), "1");
  assert.equal(await readlink(join(folder, "link")), "a");
});

test("extract() masks permissions", { skip: process.platform === "win32" }, async () => {
  const { folder } = await place();
  const mask = 0o777 & ~process.umask();
  const modes = { "s": 0o6755, "t": 0o1777, "none": 0, "read": 0o444, "all": 0o777 };
  const files = Object.entries(modes).map(([name, mode]) => ({ name, mode, content: "1" }));
  await extract(streamOf(await archiveOf({ name: "d/", type: "directory", mode: 0o7000 }, ...files)), folder);
  const mode = async (name: string): Promise<number> => (await lstat(join(folder, name))).mode & 0o7777;
  for (const [name, given] of Object.entries(modes)) {
    assert.equal(await mode(name), (given & 0o777 | 0o600) & mask, name);
  }
  assert.equal(await mode("d"), 0o700);
  assert.equal(await mode("."), mask);
});

test("extract() makes the folder as a whole, or leaves everything as it was", async () => {
  const { outside, folder } = await place();
  const archive = new Uint8Array(await new Response(tar(fromMap({ "a/b": "1", "c": "2" }))).arrayBuffer());
  await assert.rejects(extract(streamOf(archive.slice(0, 2000)), folder), { code: "BrokenArchive" });
  assert.deepEqual(await readdir(outside), []);

  let during: string[] = [];
  const watching = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(archive.slice(0, 2048)),
    async pull(controller) {
      during = await readdir(outside);
      controller.enqueue(archive.slice(2048));
      controller.close();
    },
  }, { highWaterMark: 1 });
  const { path, files, bytes } = await extract(watching, pathToFileURL(folder));
  assert.deepEqual([path, files, bytes], [folder, 2, 2]);
  assert.ok(!during.includes("target"), `${during}`);
  assert.deepEqual(await readdir(outside), ["target"]);

  const other = new Uint8Array(await new Response(tar(fromMap({ "new": "3" }))).arrayBuffer());
  await assert.rejects(extract(streamOf(other), folder), {
    name: "PaiError",
    code: "EEXIST",
    message: /: the folder holds files; replace them with `replace: true`$/,
  });
  await assert.rejects(extract(streamOf(other.slice(0, 600)), folder, { replace: true }), {
    code: "BrokenArchive",
  });
  assert.deepEqual((await readdir(folder)).sort(), ["a", "c"]);
  await extract(streamOf(other), folder, { replace: true });
  assert.deepEqual(await readdir(folder), ["new"]);
  assert.deepEqual(await readdir(outside), ["target"]);
});

test("extract() fills an empty folder, makes those around it, and takes no file for one", async () => {
  const { outside, folder } = await place();
  await mkdir(folder);
  await extract(tar(fromMap({ a: "1" })), folder);
  assert.deepEqual(await readdir(folder), ["a"]);
  await extract(tar(fromMap({ a: "1" })), join(outside, "x", "y", "z"));
  assert.deepEqual(await readdir(join(outside, "x", "y", "z")), ["a"]);
  for (const replace of [false, true]) {
    const expected = { code: "EEXIST", message: /it is there and no folder$/ };
    await assert.rejects(extract(tar(fromMap({ a: "2" })), join(folder, "a"), { replace }), expected);
  }
  await symlink(outside, join(outside, "link"));
  await assert.rejects(extract(tar(fromMap({ a: "2" })), join(outside, "link"), { replace: true }), {
    code: "EEXIST",
  });
  await assert.rejects(extract(tar(fromMap({ a: "2" })), join(folder, "a", "b")), { name: "PaiError" });
  assert.equal(await readFile(join(folder, "a"), "utf8"), "1");
});

test("extract() leaves nothing behind when the disk says no", async () => {
  const { outside, folder } = await place();
  const archive = await archiveOf({ name: "good", content: "1" }, { name: "n".repeat(300), content: "2" });
  await assert.rejects(extract(streamOf(archive), folder), {
    name: "PaiError",
    message: /more than 255 bytes$/,
  });
  if (process.platform === "linux") {
    const many = await archiveOf({
      name: `${`${"n".repeat(200)}/`.repeat(20)}${"n".repeat(70)}`,
      content: "1",
    });
    await assert.rejects(extract(streamOf(many), folder), { name: "PaiError", code: "ENAMETOOLONG" });
  }
  assert.deepEqual(await readdir(outside), []);
});

test("extract() stops with its signal's reason and leaves nothing behind", async () => {
  const { outside, folder } = await place();
  const reason = new Error("enough");
  const large = fromMap({ a: new Uint8Array(5_000_000), b: "1" });
  const before = tar(large);
  await assert.rejects(
    extract(before, folder, { signal: AbortSignal.abort(reason) }),
    (error) => error === reason,
  );
  assert.equal((await before.getReader().read()).done, true);
  const controller = new AbortController();
  let cancelled: unknown;
  const slow = new ReadableStream<Uint8Array>({
    async start(stream) {
      const archive = new Uint8Array(await new Response(tar(large)).arrayBuffer());
      stream.enqueue(archive.slice(0, 100_000));
    },
    cancel: (given) => void (cancelled = given),
  });
  const onProgress = (): void => controller.abort(reason);
  await assert.rejects(
    extract(slow, folder, { signal: controller.signal, onProgress }),
    (error) => error === reason,
  );
  assert.equal(cancelled, reason);
  assert.deepEqual(await readdir(outside), []);
});

test("extract() passes on what its listener throws", async () => {
  const { outside, folder } = await place();
  const reason = new Error("the listener's own");
  const onProgress = (): never => {
    throw reason;
  };
  await assert.rejects(
    extract(tar(fromMap({ a: "1" })), folder, { onProgress }),
    (error) => error === reason,
  );
  assert.deepEqual(await readdir(outside), []);
});

test("extract() refuses wrong arguments before it reads", async () => {
  const { outside, folder } = await place();
  const archive = tar(fromMap({ a: "1" }));
  await assert.rejects(extract(archive, ""), { name: "TypeError" });
  await assert.rejects(extract(archive, "oss://bucket/folder"), { name: "TypeError" });
  for (const limit of [0, -1, NaN]) {
    await assert.rejects(extract(archive, folder, { maxBytes: limit }), { name: "RangeError" });
    await assert.rejects(extract(archive, folder, { maxFiles: limit }), { name: "RangeError" });
  }
  await assert.rejects(extract("archive" as unknown as ReadableStream, folder), { name: "TypeError" }); // as from JavaScript
  archive.getReader();
  await assert.rejects(extract(archive, folder), { name: "TypeError", message: /somebody reads already/ });
  assert.deepEqual(await readdir(outside), []);
});

test("extract() reports its progress", async () => {
  const { folder } = await place();
  const seen: ExtractProgress[] = [];
  await extract(tar(fromMap({ a: "12", "b/c": "345" })), folder, {
    onProgress: (progress) => seen.push(progress),
  });
  assert.deepEqual(seen.at(-1), { path: "b/c", files: 2, bytes: 5 });
});

test("a folder that was packed and extracted gives the same archive again", async () => {
  await fc.assert(
    fc.asyncProperty(trees({ unit: "grapheme" }), async (tree) => {
      const { folder } = await place();
      await extract(tarGz(fromMap(tree)), folder);
      const disk = fromDisk(folder, { ignore: false });
      assert.equal(await disk.digest(), await fromMap(tree).digest());
      assert.equal(await archiveDigest(disk), await archiveDigest(fromMap(tree)));
    }),
    { numRuns: 15 },
  );
});
