// What must not be in the repository: names of package registries and places that exist on one machine only.
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { projectFiles, root } from "../support/tree.ts";

/** `/home/admin` is a folder of the vendor's images. */
const forbidden: [what: string, pattern: RegExp][] = [
  ["the host of a package registry", /npmjs\.(?:org|com)|jsr\.io|npm[m]irror|pypi\.org/],
  ["a path of one machine", /(?<![\w.~/@:-])\/(?:work|home|root|Users|tmp)\/(?!admin\b)[\w.]/],
  ["a folder outside the checkout", /\.\.\/shared/],
];
const locked = /"(?:tarball|resolved)"|https?:\/\//;

/** What is wrong with a file's text, one line each. */
function wrong(path: string, text: string): string[] {
  const rules = /(?:^|\/)(?:deno\.lock|bun\.lock|package-lock\.json)$/.test(path)
    ? [...forbidden, ["a lock file names a host", locked] as const]
    : forbidden;
  return text.split("\n").flatMap((line, i) =>
    rules.filter(([, pattern]) => pattern.test(line)).map(([what]) =>
      `${path}:${i + 1}: ${what}: ${line.trim()}`
    )
  );
}

test("no file names a registry's host, a path of one machine or a folder outside", () => {
  const files = projectFiles();
  assert.ok(files.length > 20, `${files.length} files`);
  const found = files.flatMap((path) => wrong(path, readFileSync(new URL(encodeURI(path), root), "utf8")));
  assert.deepEqual(found, []);
});

const host = ["registry", "npmjs", "org"].join(".");
const machine = ["", "home", "me", "x"].join("/");
const rows: [path: string, line: string, hits: number][] = [
  ["a.ts", `fetch("https://${host}/x")`, 1],
  ["a.ts", `read("${machine}")`, 1],
  ["a.ts", ["..", "shared", "x"].join("/"), 1],
  ["a.ts", "https://example.com/home/x and ./home/x and a/work/x", 0],
  ["deno.lock", '"tarball": "x"', 1],
  ["deno.lock", '"integrity": "sha512-x"', 0],
  ["bench/bun.lock", "http://127.0.0.1:1/x", 1],
];
for (const [path, line, hits] of rows) {
  test(`the search finds ${hits} in ${path} when a line is ${line}`, () => {
    assert.equal(wrong(path, line).length, hits);
  });
}
