import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Slots } from "../../plugins/storage/download/slots.ts";
import { fileAndFolder, sameWithoutCase, targetProblem } from "../../plugins/storage/download/target-path.ts";

const refused: [path: string, problem: RegExp][] = [
  ["", /empty/],
  ["/etc/passwd", /absolute/],
  ["../x", /"\.\." segment/],
  ["a/../../x", /"\.\." segment/],
  ["./x", /"\." segment/],
  ["a//b", /empty segment/],
  ["a/", /empty segment/],
  ["a\\..\\b", /backslash/],
  ["a\0b", /NUL/],
  ["C:x", /drive/],
  ["c:/x", /drive/],
  ["\ud800", /surrogate/],
  [`a/${"é".repeat(128)}`, /more than 255 bytes/],
];
for (const [path, problem] of refused) {
  test(`targetProblem() refuses ${JSON.stringify(path.slice(0, 20))} on every system`, () => {
    for (const windows of [false, true]) assert.match(targetProblem(path, windows) ?? "", problem);
  });
}

test("targetProblem() refuses what only Windows refuses, there", () => {
  for (
    const path of [
      "ab:c/d",
      "a?",
      "x/CON",
      "nul.txt",
      "a/com1.tar.gz",
      "dot.",
      "blank ",
      "tab\t",
      'a"b',
      "<a>",
    ]
  ) {
    assert.equal(targetProblem(path, false), undefined, path);
    assert.match(targetProblem(path, true) ?? "", /Windows/, path);
  }
  for (const path of ["a/b.c", ".hidden", "console", "com10", "目录/文件", "a b"]) {
    for (const windows of [false, true]) assert.equal(targetProblem(path, windows), undefined, path);
  }
});

test("targetProblem() lets nothing out of the folder", () => {
  const text = fc.string({ unit: fc.constantFrom("a", ".", "/", "\\", "C", ":", "é", " "), maxLength: 12 });
  fc.assert(fc.property(text, (path) => {
    if (targetProblem(path, false) !== undefined) return;
    const { pathname } = new URL(path.split("/").map(encodeURIComponent).join("/"), "file:///folder/inside/");
    assert.ok(pathname.startsWith("/folder/inside/") && pathname.length > "/folder/inside/".length);
  }));
});

test("fileAndFolder() finds a path inside another one", () => {
  assert.deepEqual(fileAndFolder(["a/b/c", "a/b"]), ["a/b", "a/b/c"]);
  assert.deepEqual(fileAndFolder(["a", "a/b/c"]), ["a", "a/b/c"]);
  assert.equal(fileAndFolder(["a", "ab", "a.b/c", "b/a"]), undefined);
});

test("sameWithoutCase() finds names, and names of folders, that differ in case or form only", () => {
  assert.deepEqual(sameWithoutCase(["Read.me", "b", "read.ME"]), ["Read.me", "read.ME"]);
  assert.deepEqual(sameWithoutCase(["Sub/a", "sub/b"]), ["Sub", "sub"]);
  assert.deepEqual(sameWithoutCase(["\u00e9", "e\u0301"]), ["\u00e9", "e\u0301"]);
  assert.equal(sameWithoutCase(["a/b", "a/c", "b/a", "ab"]), undefined);
});

/** Work that ends when it is told to. */
function task(slots: Slots): { running: () => boolean; end: () => Promise<void> } {
  let running = false, end = (): void => {};
  const used = slots.use(() => {
    running = true;
    return new Promise<void>((resolve) => end = resolve);
  });
  return {
    running: () => running,
    end: async () => {
      end();
      await used;
    },
  };
}

test("Slots bound what runs at once, and let work through in order", async () => {
  const slots = new Slots(2);
  const tasks = Array.from({ length: 4 }, () => task(slots));
  assert.deepEqual(tasks.map(({ running }) => running()), [true, true, false, false]);
  await tasks[1]!.end();
  assert.deepEqual(tasks.map(({ running }) => running()), [true, true, true, false]);
  await tasks[0]!.end();
  assert.deepEqual(tasks.map(({ running }) => running()), [true, true, true, true]);
  await tasks[2]!.end();
  await tasks[3]!.end();
});

test("Slots shrink to half and grow again one by one", async () => {
  const slots = new Slots(4);
  slots.shrink();
  const tasks = Array.from({ length: 9 }, () => task(slots));
  const running = (): number => tasks.filter(({ running }) => running()).length;
  assert.equal(running(), 2);
  await tasks[0]!.end(); // one of two successes
  assert.equal(running(), 3);
  await tasks[1]!.end(); // the second: there are three slots
  assert.equal(running(), 5);
  for (let i = 0; i < 3; i++) slots.shrink();
  await tasks[2]!.end();
  assert.equal(running(), 5);
  await tasks[3]!.end();
  await tasks[4]!.end(); // the last that ran
  assert.ok(running() > 5);
  for (const { end } of tasks.slice(5)) await end();
});

test("Slots are free again when work fails", async () => {
  const slots = new Slots(1);
  await assert.rejects(slots.use(() => Promise.reject(new Error("no"))), { message: "no" });
  assert.equal(await slots.use(() => Promise.resolve(1)), 1);
});
