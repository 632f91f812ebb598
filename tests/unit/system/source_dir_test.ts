import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { containerServingSpec } from "../../../plugins/deploy/mod.ts";
import { fromDisk } from "../../../plugins/storage/files.ts";

const spec = (path: string) =>
  containerServingSpec({ command: "python app.py", image: "img:1", sourceDir: fromDisk(path) });

test("containerServingSpec() installs the requirements.txt of a folder on disk, and refuses a file and nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "source-"));
  try {
    const file = join(folder, "requirements.txt");
    await assert.rejects(spec(join(folder, "none")).toDeployment(), /none/);
    await writeFile(file, "fastapi\n");
    const { config, mounts } = await spec(folder).toDeployment();
    assert.deepEqual(config.containers?.[0]?.prepare, {
      pythonRequirementsPath: "/ml/usercode/requirements.txt",
    });
    assert.equal(mounts[0]?.purpose, "code");
    await assert.rejects(
      spec(file).toDeployment(),
      (error) => error instanceof TypeError && /it is a file; sourceDir must be a folder/.test(error.message),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
