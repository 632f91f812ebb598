import assert from "node:assert/strict";
import { test } from "node:test";
import { type FileEntry, type FileSource, isFileSource } from "../../core/files.ts";
import { fromMap } from "../../plugins/storage/map.ts";

/** The least that is a source of files. */
const own: FileSource = {
  label: "nothing",
  kind: () => Promise.resolve("directory"),
  digest: () => Promise.resolve(""),
  async *[Symbol.asyncIterator](): AsyncGenerator<FileEntry> {},
};

test("isFileSource() is true for any implementation of the port", () => {
  assert.equal(isFileSource(own), true);
  assert.equal(isFileSource(Object.create(own)), true);
  assert.equal(isFileSource(fromMap({ "a.txt": "a" })), true);
});

for (
  const [title, value] of Object.entries({
    "undefined": undefined,
    "null": null,
    "an address": "oss://bkt/model/",
    "a number": 1,
    "an entry of the configuration": { oss: { path: "oss://bkt/model/" } },
    "a list of files": [{ path: "a.txt" }],
    "a map": new Map([["a.txt", "a"]]),
    "an iterable": { async *[Symbol.asyncIterator](): AsyncGenerator<void> {} },
    "a digest alone": { digest: () => Promise.resolve("") },
  })
) {
  test(`isFileSource() is false for ${title}`, () => assert.equal(isFileSource(value), false));
}
