import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gzipSync } from "fflate";
import { StorageError } from "../../core/errors.ts";
import { linkProblem } from "../../core/file-path.ts";
import { ArchiveReader } from "../../plugins/storage/archive/entries.ts";
import { ArchiveNames, type ArchiveNamesOptions } from "../../plugins/storage/archive/names.ts";
import { fromMap } from "../../plugins/storage/map.ts";
import { tar, tarGz } from "../../plugins/storage/tar.ts";
import { archiveOf, maliciousArchives } from "../support/archives.ts";
import { type Tree, trees } from "../support/trees.ts";

const what = 'Cannot extract into "x"';
const namesOptions: ArchiveNamesOptions = {
  what,
  maxFiles: 100,
  links: "keep",
  collidingNames: "keep",
  windows: false,
};

/** Reads an archive into memory, as the disk would get it. */
async function read(
  archive: ReadableStream<Uint8Array>,
  { maxBytes = 1e9, signal, ...options }: Partial<ArchiveNamesOptions> & {
    maxBytes?: number;
    signal?: AbortSignal;
  } = {},
): Promise<{ files: Tree; links: Record<string, string>; folders: string[] }> {
  const reader = new ArchiveReader({ what, maxBytes, signal });
  const names = new ArchiveNames({ ...namesOptions, ...options });
  const files: Tree = {}, links: Record<string, string> = {}, folders: string[] = [];
  for await (const member of reader.members(archive)) {
    const place = names.place(member.header);
    if (!place) continue;
    folders.push(...place.folders);
    const content = new Uint8Array(
      await new Blob(await Array.fromAsync(reader.content(member), copy)).arrayBuffer(),
    );
    if (place.kind === "directory" && !place.replaces) folders.push(place.path);
    if (place.kind === "file") files[place.path] = content;
    if (place.kind === "copy") files[place.path] = files[place.target]!;
    if (place.kind === "link") links[place.path] = place.target;
  }
  return { files, links, folders };
}

const copy = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
const streamOf = (bytes: Uint8Array<ArrayBuffer>, cut = bytes.length || 1): ReadableStream<Uint8Array> => {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at += cut));
      else controller.close();
    },
  });
};
const bytesOf = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await new Response(stream).arrayBuffer());

for (const [title, { members, code, message }] of Object.entries(maliciousArchives)) {
  test(`an archive is refused that has ${title}`, async () => {
    const archive = await archiveOf(...members);
    for (const bytes of [archive, new Uint8Array(gzipSync(archive))]) {
      await assert.rejects(read(streamOf(bytes)), { name: "PaiError", code, message });
      await assert.rejects(read(streamOf(bytes, 100)), { name: "PaiError", code, message });
    }
  });
}

test("an archive of any tree, plain or compressed, is read however it is cut", async () => {
  await fc.assert(
    fc.asyncProperty(trees(), fc.integer({ min: 50, max: 3000 }), async (tree, cut) => {
      for (const pack of [tar, tarGz]) {
        const { files } = await read(streamOf(await bytesOf(pack(fromMap(tree))), cut));
        assert.deepEqual(files, tree);
      }
    }),
    { numRuns: 12 },
  );
});

test("an archive is read one byte at a time", async () => {
  const tree = { "a/b": new Uint8Array(600).fill(1), "é": new Uint8Array([2]) };
  for (const pack of [tar, tarGz]) {
    assert.deepEqual((await read(streamOf(await bytesOf(pack(fromMap(tree))), 1))).files, tree);
  }
});

test("an archive that ends early or has a changed byte is never read as another one", async () => {
  const tree = { "a/b": new Uint8Array(700).fill(1), "c": new Uint8Array([2]) };
  for (const pack of [tar, tarGz]) {
    const whole = await bytesOf(pack(fromMap(tree)));
    for (let end = 0; end < whole.length; end += pack === tar ? 100 : 7) {
      await assert.rejects(
        read(streamOf(whole.slice(0, end))),
        { name: "PaiError", code: "BrokenArchive" },
        `${end}`,
      );
    }
  }
  const zipped = await bytesOf(tarGz(fromMap(tree)));
  for (let at = 10; at < zipped.length; at += 3) {
    const changed = zipped.slice();
    changed[at]! ^= 1;
    const outcome = await read(streamOf(changed)).then(({ files }) => files, (error) => error);
    if (outcome instanceof Error) assert.equal(outcome.name, "PaiError", `${at}: ${outcome}`);
    else assert.deepEqual(outcome, tree, `${at}`);
  }
});

test("what is no archive is refused", async () => {
  for (
    const text of ["", "hello", "x".repeat(2000), "\x1f\x8bnonsense", "<?xml version='1.0'?>".repeat(100)]
  ) {
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    await assert.rejects(read(streamOf(bytes)), {
      name: "PaiError",
      code: "BrokenArchive",
      message: /is broken/,
    });
  }
});

test("links that stay inside are kept, and hard links are copies", async () => {
  const archive = await archiveOf(
    { name: "./", type: "directory" },
    { name: "./a//file", content: "1" },
    { name: "a/link", type: "symlink", linkname: "../b" },
    { name: "copy", type: "link", linkname: "./a/file" },
    { name: "b/copied", type: "link", linkname: "a/link" },
    { name: "here", type: "symlink", linkname: "." },
  );
  const { files, links, folders } = await read(streamOf(archive));
  const content = new Uint8Array([49]);
  assert.deepEqual(files, { "a/file": content, "copy": content });
  assert.deepEqual(links, { "a/link": "../b", "b/copied": "../b", "here": "." });
  assert.deepEqual(folders, ["a", "b"]);
  await assert.rejects(read(streamOf(archive), { links: "refuse" }), {
    code: "UnsafeArchive",
    message: /the member "a\/link" is a link$/,
  });
});

test("a size that stands in a PAX header beats that of the header itself", async () => {
  const content = "x".repeat(700);
  const large = { name: "a", content, pax: { size: "700", comment: "1 size=3" }, size: 0 };
  const { files } = await read(streamOf(await archiveOf(large, { name: "b", content: "1" }), 300));
  assert.deepEqual([files.a?.length, files.b?.length], [700, 1]);
  const odd = await archiveOf(large, { name: "s", content, flag: "S" });
  await assert.rejects(read(streamOf(odd, 300)), { code: "UnsupportedArchive" });
});

test("the last member of a name wins", async () => {
  const archive = await archiveOf(
    { name: "a", content: "1" },
    { name: "a", content: "22" },
    { name: "b/", type: "directory" },
    { name: "b/", type: "directory" },
  );
  const { files, folders } = await read(streamOf(archive));
  assert.deepEqual(files, { a: new Uint8Array([50, 50]) });
  assert.deepEqual(folders, ["b"]);
});

test("an archive is refused on request that has names which differ only in case", async () => {
  for (const [one, other] of [["a", "A"], ["x/a", "X/b"], ["\u00e9", "e\u0301"]]) {
    const archive = await archiveOf({ name: one!, content: "1" }, { name: other!, content: "2" });
    assert.equal(Object.keys((await read(streamOf(archive))).files).length, 2);
    await assert.rejects(read(streamOf(archive), { collidingNames: "refuse" }), { code: "CollidingNames" });
  }
});

test("an archive is refused on Windows that has names which Windows doesn't know", async () => {
  for (const name of ["a:b", "what?", "con", "LPT1.txt", "dot.", "space ", "a/<b>"]) {
    const archive = await archiveOf({ name, content: "1" });
    await assert.rejects(read(streamOf(archive), { windows: true }), { code: "UnsafeArchive" }, name);
    if (name !== "a:b") assert.deepEqual(Object.keys((await read(streamOf(archive))).files), [name]);
  }
});

test("an archive is refused that has more members or bytes than allowed", async () => {
  const many = await archiveOf(
    ...Array.from({ length: 5 }, (_, i) => ({ name: `f/${i}`, content: "12345" })),
  );
  await read(streamOf(many), { maxFiles: 6, maxBytes: many.length });
  await assert.rejects(read(streamOf(many), { maxFiles: 5 }), {
    code: "ArchiveTooLarge",
    message: /more than the 5 files that `maxFiles` allows$/,
  });
  const expected = { code: "ArchiveTooLarge", message: /more than the 6000 bytes that `maxBytes` allows$/ };
  await assert.rejects(read(streamOf(many), { maxBytes: 6000 }), expected);
  const deep = await archiveOf({ name: "a/b/c/d/e/f", content: "" });
  await assert.rejects(read(streamOf(deep), { maxFiles: 5 }), { code: "ArchiveTooLarge" });
});

test("a bomb is refused before it has gone off", async () => {
  const header = (await archiveOf({ name: "zeros", size: 8e9, flag: "7" })).slice(0, 512);
  let sent = 0;
  const bomb = (): ReadableStream<Uint8Array<ArrayBuffer>> =>
    new ReadableStream({
      pull(controller) {
        if (sent > 100_000_000) controller.error(new Error("too late"));
        controller.enqueue(sent ? new Uint8Array(100_000) : header);
        sent += 100_000;
      },
    }, { highWaterMark: 0 });
  const expected = { code: "ArchiveTooLarge" };
  await assert.rejects(read(bomb(), { maxBytes: 3_000_000 }), expected);
  assert.ok(sent < 10_000_000, `${sent}`);
  const zipped = new Uint8Array(
    gzipSync(new Uint8Array(await new Blob([header, new Uint8Array(1e7)]).arrayBuffer())),
  );
  await assert.rejects(read(streamOf(zipped), { maxBytes: 3_000_000 }), expected);
});

test("an error of the stream stays what it was", async () => {
  const reason = new StorageError("Cannot get: the connection broke", { code: "Broken" });
  const files = fromMap({ a: new Uint8Array(100_000) });
  for (const whole of [await bytesOf(tarGz(files)), await bytesOf(tar(files))]) {
    for (const end of [0, 1, 20, whole.length - 1, whole.length]) { // a wrong CRC is told when all bytes are there
      const parts = [whole.slice(0, end)];
      const broken = new ReadableStream<Uint8Array>({
        pull(controller) {
          const part = parts.shift();
          if (part?.length) controller.enqueue(part);
          else controller.error(reason);
        },
      });
      await assert.rejects(read(broken), (error) => error === reason, `${end}`);
    }
  }
});

test("reading stops with its signal's reason and cancels a stream that hangs", async () => {
  const controller = new AbortController();
  let cancelled = false;
  const hanging = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(new Uint8Array(100).fill(65)),
    cancel: () => void (cancelled = true),
  });
  const expected = assert.rejects(read(hanging, { signal: controller.signal }), { message: "enough" });
  await new Promise((resolve) => setTimeout(resolve, 0));
  controller.abort(new Error("enough"));
  await expected;
  assert.equal(cancelled, true);
});

test("no chain of links that are kept leads out of the folder", () => {
  const name = fc.constantFrom("a", "b", "c", "..", ".", "");
  const path = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 }).map((names) =>
    names.join("/")
  );
  const target = fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => names.join("/"));
  fc.assert(
    fc.property(fc.array(fc.tuple(path, target), { minLength: 1, maxLength: 6 }), (links) => {
      const kept = new Map<string, string>();
      for (const [path, target] of links) {
        const above = path.split("/").map((_, end, names) => names.slice(0, end).join("/"));
        if (linkProblem(path, target) || above.some((folder) => kept.has(folder))) continue;
        if ([...kept.keys()].some((other) => other.startsWith(`${path}/`))) continue; // a folder, which is no link
        kept.set(path, target);
      }
      for (const path of kept.keys()) assert.notEqual(resolves(path, kept), "out");
    }),
    { numRuns: 3000 },
  );
});

/** Where a path leads as a kernel finds it, one step at a time. */
function resolves(path: string, links: Map<string, string>): string {
  const at: string[] = [];
  const steps = path.split("/");
  for (let hops = 0; steps.length && hops < 100; hops++) {
    const step = steps.shift()!;
    if (step === "" || step === ".") continue;
    if (step === "..") {
      if (!at.length) return "out";
      at.pop();
      continue;
    }
    const target = links.get([...at, step].join("/"));
    if (target === undefined) at.push(step);
    else steps.unshift(...target.split("/"));
  }
  return at.join("/");
}
