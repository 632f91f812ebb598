import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type FileEntry, isFileSource } from "../../core/files.ts";
import { utf8 } from "../../core/encoding.ts";
import { compareUtf8 } from "../../core/percent.ts";
import { digestFiles } from "../../core/file-digest.ts";
import { fromMap } from "../../plugins/storage/map.ts";

const text = async (entry: FileEntry): Promise<string> => await new Response(entry.open()).text();

test("fromMap() yields each file with its size and content, as often as asked", async () => {
  const source = fromMap({
    "b/text": "hé",
    "a": new Uint8Array([104, 105]),
    "b/blob": new Blob(["blob"]),
    "empty": "",
  });
  for (let round = 0; round < 2; round++) {
    const files = await Array.fromAsync(source);
    assert.deepEqual(files.map(({ path, size }) => [path, size]), [["a", 2], ["b/blob", 4], ["b/text", 3], [
      "empty",
      0,
    ]]);
    assert.deepEqual(await Promise.all(files.map(text)), ["hi", "blob", "hé", ""]);
    assert.deepEqual(await Promise.all(files.map(text)), ["hi", "blob", "hé", ""]);
  }
});

test("fromMap() is a folder that is on no disk", async () => {
  const source = fromMap({ a: "" }, { label: "weights" });
  assert.ok(isFileSource(source));
  assert.equal(await source.kind(), "directory");
  assert.equal(source.directory, undefined);
  assert.equal(source.label, "weights");
});

test("fromMap() takes a Map as it takes an object, in any order", async () => {
  const object = fromMap({ "😀": "1", "\uffee": "2", "a/b": "3" });
  const map = fromMap(new Map([["a/b", "3"], ["\uffee", "2"], ["😀", "1"]]));
  const paths = (await Array.fromAsync(map)).map(({ path }) => path);
  assert.deepEqual(paths, ["a/b", "\uffee", "😀"]); // by UTF-8 bytes; UTF-16 would put the emoji second
  assert.equal(await map.digest(), await object.digest());
});

test("open() sends a part of a file", async () => {
  const content = { "text": "0123456789", "bytes": utf8("0123456789"), "blob": new Blob(["0123456789"]) };
  for await (const { path, open } of fromMap(content)) {
    const read = (start: number, end?: number) => new Response(open({ start, end })).text();
    assert.equal(await read(0), "0123456789", path);
    assert.equal(await read(3, 5), "345", path);
    assert.equal(await read(7), "789", path);
    assert.equal(await read(9, 9), "9", path);
    assert.equal(await read(8, 99), "89", path);
  }
});

test("digest() tells links and empty folders from files and from each other", async () => {
  const entry = (rest: Partial<FileEntry>): FileEntry => ({
    path: "a",
    size: 0,
    open: () => new Blob([]).stream(),
    ...rest,
  });
  const entries = [
    entry({}),
    entry({ kind: "directory" }),
    entry({ kind: "link", target: "b" }),
    entry({ kind: "link", target: "c" }),
    entry({ path: "ab", kind: "directory" }),
  ];
  const digests = entries.map((entry) => digestFiles("one", ReadableStream.from([entry])));
  assert.equal(new Set(await Promise.all(digests)).size, entries.length);
  assert.equal(await digestFiles("one", ReadableStream.from([entry({})])), await fromMap({ a: "" }).digest());
});

test("fromMap() survives a reader that takes the chunks away", async () => {
  const source = fromMap({ a: new Uint8Array([1, 2, 3]) });
  const digest = await source.digest();
  for await (const { open } of source) {
    for await (const chunk of open()) structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
  }
  assert.equal(await source.digest(), digest);
});

const refusedPaths = {
  "": "is empty",
  "/a": "is absolute",
  "a\\b": "has a backslash",
  "a//b": "has an empty segment",
  "a/": "has an empty segment",
  "./a": 'has a "." segment',
  "a/../b": 'has a ".." segment',
  "a\0b": "has a NUL character",
  "\ud800": "has a lone surrogate",
};
for (const [path, problem] of Object.entries(refusedPaths)) {
  test(`fromMap() refuses the path ${JSON.stringify(path)}`, () => {
    assert.throws(
      () => fromMap({ [path]: "" }),
      (error: Error) => error instanceof TypeError && error.message.includes(problem),
    );
  });
}

test("fromMap() refuses an empty map, two spellings of a path, and a file that is also a folder", () => {
  assert.throws(() => fromMap({}), {
    name: "TypeError",
    message: 'Cannot use "files in memory": it holds no files',
  });
  assert.throws(() => fromMap(new Map()), TypeError);
  assert.throws(() => fromMap({ "e\u0301": "", "\u00e9": "" }), { name: "TypeError", message: /same path/ });
  assert.throws(() => fromMap({ "a/b": "", "a/b/c": "" }), {
    name: "TypeError",
    message: /is a file and the folder of/,
  });
  assert.throws(() => fromMap({ a: 5 as unknown as string }), TypeError); // as from JavaScript
});

const files = fc.dictionary(
  fc.stringMatching(/^[a-c]{1,3}$/, { size: "small" }),
  fc.string({ unit: "grapheme", maxLength: 8 }),
  { minKeys: 1, maxKeys: 4 },
);

test("digest() is the same for the same files and another for other files", async () => {
  await fc.assert(fc.asyncProperty(files, files, async (one, other) => {
    const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
    assert.equal(await fromMap(one).digest() === await fromMap(other).digest(), same);
    assert.equal(await fromMap(one).digest(), await fromMap(sorted(one)).digest());
  }));
});

test("digest() tells where a path ends and a content begins", async () => {
  const sources: Record<string, string>[] = [{ a: "bc" }, { ab: "c" }, { a: "", bc: "" }, { a: "b", c: "" }, {
    abc: "",
  }];
  const digests = sources.map((files) => fromMap(files).digest());
  assert.equal(new Set(await Promise.all(digests)).size, digests.length);
});

test("digest() does not depend on how a stream is cut", async () => {
  const entry = (cut: number): FileEntry => ({
    path: "a",
    size: 6,
    open: () =>
      ReadableStream.from(
        [[1, 2, 3, 4, 5, 6].slice(0, cut), [1, 2, 3, 4, 5, 6].slice(cut)].map((part) => new Uint8Array(part)),
      ),
  });
  const of = (cut: number): Promise<string> =>
    digestFiles(
      "cut",
      (async function* () {
        yield await Promise.resolve(entry(cut));
      })(),
    );
  assert.equal(await of(1), await of(5));
  assert.equal(await of(1), await fromMap({ a: new Uint8Array([1, 2, 3, 4, 5, 6]) }).digest());
});

test("digest() refuses a file whose size is not what it was", async () => {
  const changed = async function* (): AsyncIterable<FileEntry> {
    yield await Promise.resolve({ path: "a", size: 3, open: () => new Blob(["12"]).stream() });
  };
  await assert.rejects(digestFiles("./model", changed()), {
    name: "PaiError",
    code: "FileChanged",
    message: 'Cannot read "./model": the size of "a" changed from 3 to 2 bytes',
  });
});

function sorted(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).toSorted(([a], [b]) => compareUtf8(a, b)));
}
