// deno.json is the truth; package.json serves Bun, Node and bundlers and must say the same.
import { test } from "node:test";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import deno from "../../deno.json" with { type: "json" };
import npm from "../../package.json" with { type: "json" };
import stream from "../support/std-streams/deno.json" with { type: "json" };
import streamNpm from "../support/std-streams/package.json" with { type: "json" };
import { VERSION } from "../../core/version.ts";
import { root } from "../support/tree.ts";

test("package.json has deno.json's name, version, licence and entries", () => {
  for (const key of ["name", "version", "license", "exports"] as const) assert.deepEqual(npm[key], deno[key]);
});

test("package.json has deno.json's packages at the same ranges", () => {
  const wanted = Object.entries<string>(deno.imports).map(([name, range]) => {
    if (range.startsWith("npm:")) return [name, range.slice(`npm:${name}@`.length)];
    return [name, `file:${deno.links.find((link) => link.endsWith(name.replace(/^@(.*)\//, "$1-")))}`];
  });
  const all: Record<string, string> = { ...npm.dependencies, ...npm.devDependencies };
  assert.deepEqual(all, Object.fromEntries(wanted));
});

test("what only tests use is no dependency of package.json", () => {
  assert.deepEqual(Object.keys(npm.devDependencies), ["fast-check"]);
});

test("VERSION is the package's", () => assert.equal(VERSION, deno.version));

test("the check task reads the documentation of every entry", () => {
  const tasks: Record<string, string> = deno.tasks;
  const files = tasks["check:doc"]!.split(" ").filter((word) => word.endsWith(".ts"));
  assert.deepEqual(files, Object.values(deno.exports).map((file) => file.slice("./".length)));
});

test("every entry has its file", () => {
  for (const [entry, file] of Object.entries(deno.exports)) assert.ok(existsSync(new URL(file, root)), entry);
});

test("the stand-in of @std/streams has one version and one set of entries, within the range", () => {
  for (const key of ["name", "version", "exports"] as const) assert.deepEqual(streamNpm[key], stream[key]);
  const [major, minor] = stream.version.split(".").map(Number);
  const range = /\^(\d+)\.(\d+)/.exec(deno.imports["@std/streams"])!.slice(1).map(Number);
  assert.ok(major === range[0] && minor! >= range[1]!);
});
