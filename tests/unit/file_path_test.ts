import assert from "node:assert/strict";
import { test } from "node:test";
import { foldPath, linkProblem } from "../../core/file-path.ts";

const kept: [path: string, target: string][] = [
  ["link", "file"],
  ["link", "./file"],
  ["link", "."],
  ["link", "missing/for/now"],
  ["link", "folder/"],
  ["link", "a//b"],
  ["link", "..."],
  ["a/link", ".."],
  ["a/link", "../"],
  ["a/link", "../b"],
  ["a/b/link", "../../c/d"],
  ["a/b/link", "./.././../c"],
];
for (const [path, target] of kept) {
  test(`linkProblem() lets ${path} lead to ${JSON.stringify(target)}`, () => {
    assert.equal(linkProblem(path, target), undefined);
  });
}

const refused: [path: string, target: string, problem: RegExp][] = [
  ["link", "", /is empty/],
  ["link", "/etc/passwd", /is absolute/],
  ["link", "//server/share", /is absolute/],
  ["link", "..", /out of the folder/],
  ["link", "../file", /out of the folder/],
  ["link", "./../file", /out of the folder/],
  ["a/link", "../../file", /out of the folder/],
  ["a/b/link", "../../../file", /out of the folder/],
  ["link", "a/../../file", /has a "\.\." segment/],
  ["link", "a/..", /has a "\.\." segment/], // where `a` is a link to the folder, this would leave it
  ["a/link", "../b/../..", /has a "\.\." segment/],
  ["link", "C:\\file", /has a backslash/],
  ["link", "a\0b", /has a NUL/],
  ["link", "\ud800", /lone surrogate/],
];
for (const [path, target, problem] of refused) {
  test(`linkProblem() refuses that ${path} leads to ${JSON.stringify(target)}`, () => {
    assert.match(linkProblem(path, target) ?? "", problem);
  });
}

test("foldPath() joins what some file system takes for the same name", () => {
  for (
    const [one, other] of [["a", "A"], ["\u00e9", "E\u0301"], ["Straße", "STRASSE"], ["ﬁ", "FI"], ["ς", "Σ"]]
  ) {
    assert.equal(foldPath(one!), foldPath(other!));
  }
  for (const [one, other] of [["a", "b"], ["e", "é"], ["a/b", "a-b"]]) {
    assert.notEqual(foldPath(one!), foldPath(other!));
  }
});
