// An engine that dies while it is used. It is one of our own, which needs Linux, root and dockerd.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import { DockerError, localDocker } from "../../../plugins/local-docker/mod.ts";
import { tinyImage } from "../images.ts";
import { deployed, held, rejection } from "../services.ts";

/** Makes an end of what an engine has left that was killed, as the end of its machine would. */
function crash(folder: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    let line = "";
    try {
      line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
      continue; // it has ended
    }
    if (!line.includes(folder) || Number(pid) === process.pid) continue;
    const inside = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    for (const id of [...inside, pid]) process.kill(Number(id), "SIGKILL");
  }
  for (const name of ["containerd", "runtime-runc"]) {
    rmSync(join(folder, "exec", name), { recursive: true, force: true });
  }
}

test("an engine that dies midway, and what gc() finds when it is back", async () => {
  const dockerd = fileURLToPath(new URL("../dockerd", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "dying-engine-"));
  const run = (what: string) => promisify(execFile)("bash", [dockerd, what, folder]);
  const host = `unix://${folder}/docker.sock`;
  const die = (): boolean => process.kill(Number(readFileSync(join(folder, "pid"), "utf8")), "SIGKILL");
  await run("start");
  try {
    const other = await connectEngine({ host });
    const own = await tinyImage(other);
    const service = await deployed("survivor", {
      spec: { command: "/bin/serve", image: own },
      target: { host },
    });
    const predictor = service.predictor();
    assert.deepEqual(await predictor.predict(1), { bytes: 1, input: 1, model: "" });
    const error = await rejection(deployed("orphan", {
      spec: { image: own, command: "sleep 1000" },
      target: { host },
      onProgress: ({ stage }) => stage === "probe" && die(),
    }));
    assert.ok(error instanceof DockerError, `${error}`);
    assert.equal(error.code, "ENGINE_GONE");
    assert.match(error.message, /could not be removed/);
    const works = [
      () => service.describe(),
      () => service.stop(),
      () => service.delete(),
      () => predictor.predict(1),
    ];
    for (const work of works) {
      const refused = await rejection(work());
      assert.ok(refused instanceof DockerError, `${refused}`);
      assert.match(refused.code, /^(?:ENGINE_GONE|NO_ENGINE)$/);
    }

    crash(folder);
    await run("start");
    const target = localDocker({ host });
    const names = await held(other);
    assert.deepEqual(names, ["pai-edge-orphan", "pai-edge-survivor"]);
    await service.start(); // its container went down with the engine, or outlived it
    assert.deepEqual(await predictor.predict(2), { bytes: 1, input: 2, model: "" });
    await service.delete();
    const { containers } = await target.gc({ all: true });
    assert.deepEqual(containers.map(({ name }) => name), ["pai-edge-orphan"]);
  } finally {
    await run("stop");
  }
});
