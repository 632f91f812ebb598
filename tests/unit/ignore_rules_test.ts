import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultIgnoreRules, ignoreRules } from "../../plugins/storage/disk/ignore-rules.ts";

const defaults = ignoreRules(defaultIgnoreRules, "the defaults");

for (
  const path of [
    ".git",
    "a/.git",
    ".env",
    "a/.env.local",
    "a/b/c.pyc",
    ".DS_Store",
    ".paiignore",
    "sub/.netrc",
    "id_rsa",
  ]
) {
  test(`the defaults leave out the file ${path}`, () =>
    assert.notEqual(defaults.reason(path, false), undefined));
}
for (const path of [".git", "node_modules", "a/node_modules", "__pycache__", ".venv", "x/.ssh", ".aliyun"]) {
  test(`the defaults leave out the folder ${path}`, () =>
    assert.notEqual(defaults.reason(path, true), undefined));
}
for (
  const path of [
    ".hidden",
    ".gitignore",
    ".env.example",
    "env",
    "a/env.py",
    "node_modules",
    "model.bin",
    ".config/x",
    "PYC",
  ]
) {
  test(`the defaults keep the file ${path}`, () => assert.equal(defaults.reason(path, false), undefined));
}

test("reason() tells the rule and where it is written", () => {
  const rules = defaults.within("", "# comment\n\n*.log\n").within("a/b", "!keep.log\r\n*.tmp  \r\n");
  assert.equal(rules.reason(".git", true), 'the rule ".git" of the defaults');
  assert.equal(rules.reason("x.log", false), 'the rule "*.log" of .paiignore');
  assert.equal(rules.reason("a/b/c/x.tmp", false), 'the rule "*.tmp" of a/b/.paiignore');
  assert.equal(ignoreRules(["/x"], "`ignore`").reason("x", false), 'the rule "/x" of `ignore`');
});

test("within() adds rules about one folder, which overrule those around it", () => {
  const rules = defaults.within("", "*.log\nbuild/\n/top\n").within(
    "a b",
    "!keep.log\n!build/\n/own\nc/d\n*.tmp\n",
  );
  const kept = ["a b/keep.log", "a b/x/keep.log", "own", "a b/x/own", "x.tmp", "a b/x/c/d", "a b/top"];
  const left = ["keep.log", "a b/x.log", "a b/own", "a b/x.tmp", "a b/x/y.tmp", "a b/c/d", "top"];
  for (const path of kept) assert.equal(rules.reason(path, false), undefined, path);
  for (const path of left) assert.notEqual(rules.reason(path, false), undefined, path);
  assert.equal(rules.reason("a b/build", true), undefined);
  assert.equal(rules.reason("a b/build/x", false), undefined);
  assert.notEqual(rules.reason("build", true), undefined);
});

test("within() takes the name of a folder literally", () => {
  for (const folder of ["a*b", "[ab]", "what?", "!not", "#hash", "back\\slash", "end ", "a.b", "(x)"]) {
    const rules = ignoreRules([], "none").within(folder, "x\n/y/z\n");
    for (const path of ["x", "q/x", "y/z"]) {
      assert.notEqual(rules.reason(`${folder}/${path}`, false), undefined, `${folder}/${path}`);
    }
    for (const other of ["aab", "a", "whatX", "not", "hash", "end", "aXb", "x"]) {
      assert.equal(rules.reason(`${other}/x`, false), undefined, `${folder} is not ${other}`);
    }
  }
});

test("a rule takes the defaults back in", () => {
  const rules = defaults.within("", "!node_modules/\n!.env\n").within("sub", "!.git\n");
  assert.equal(rules.reason("node_modules", true), undefined);
  assert.equal(rules.reason("node_modules/x.js", false), undefined);
  assert.equal(rules.reason(".env", false), undefined);
  assert.notEqual(rules.reason(".git", true), undefined);
  assert.equal(rules.reason("sub/.git", true), undefined);
});

test("rules know case, as they do on Linux", () => {
  const rules = ignoreRules(["*.log"], "x");
  assert.equal(rules.reason("A.LOG", false), undefined);
});
