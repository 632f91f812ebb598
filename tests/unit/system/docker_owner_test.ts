import assert from "node:assert/strict";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { test } from "node:test";
import { lifeOf, thisProcess } from "../../../plugins/local-docker/owner.ts";
import { makeTempFolder, removeFolders, tempFolders } from "../../../plugins/local-docker/temp-folder.ts";

test("lifeOf() knows this process, and one that has another's id, machine or boot", () => {
  const name = thisProcess();
  assert.match(name, /^\d+@[^:]+:\d*$/);
  assert.equal(lifeOf(name), "alive");
  assert.equal(lifeOf(name.replace(/^\d+/, "4194305")), "dead", "above every process id of Linux");
  assert.equal(lifeOf(name.replace("@", "@another-")), "unknown");
  assert.equal(lifeOf("what another program writes"), "unknown");
});

test("lifeOf() takes no later process with the same id for the owner", {
  skip: /:$/.test(thisProcess()) && "this system doesn't tell when a process began",
}, () => {
  const name = thisProcess();
  assert.equal(lifeOf(name.replace(/:\d+$/, ":1")), "dead");
  assert.equal(lifeOf(name.replace(/\.[0-9a-f]{8}\./, ".00000000.")), "dead");
  assert.equal(lifeOf(name.replace(/\.(\d+):/, ".1$1:")), "unknown");
});

test("tempFolders() finds what makeTempFolder() made and whose it is; removeFolders() removes it with its files", async () => {
  const path = await makeTempFolder();
  try {
    await mkdir(join(path, "a"));
    await writeFile(join(path, "a", "b"), "c");
    const found = (await tempFolders()).find((folder) => basename(folder.path) === basename(path));
    assert.equal(found?.owner, thisProcess());
    assert.equal(found?.path, path);
  } finally {
    await removeFolders([path]);
  }
  await assert.rejects(stat(path), { code: "ENOENT" });
  await removeFolders([path]);
});
