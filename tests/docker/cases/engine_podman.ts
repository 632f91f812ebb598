// Podman behind the same API. It is one of our own, which needs Linux, root and podman.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { connectEngine } from "../../../plugins/local-docker/engine/connect.ts";
import { DockerError } from "../../../plugins/local-docker/engine/docker-error.ts";
import type { Engine } from "../../../plugins/local-docker/engine/engine.ts";
import { engineTests } from "../engine_suite.ts";

const folder = mkdtempSync(join(tmpdir(), "podman-"));
const socket = join(folder, "podman.sock");
let stop = (): Promise<void> => Promise.resolve();

async function start(): Promise<Engine> {
  const settings = join(folder, "containers.conf");
  // a machine without systemd, which may not allow more files than it has
  const containers = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n';
  writeFileSync(settings, `${containers}[engine]\nevents_logger = "file"\ncgroup_manager = "cgroupfs"\n`);
  for (const name of ["root", "run", "tmp"]) mkdirSync(join(folder, name));
  const places = [
    "--root",
    join(folder, "root"),
    "--runroot",
    join(folder, "run"),
    "--tmpdir",
    join(folder, "tmp"),
  ];
  const args = [
    ...places,
    "--storage-driver",
    "vfs",
    "--log-level",
    "fatal",
    "system",
    "service",
    "--time",
    "0",
    `unix://${socket}`,
  ];
  const env = { ...process.env, CONTAINERS_CONF: settings };
  const podman = spawn("podman", args, { env, stdio: "ignore" });
  stop = () =>
    new Promise((resolve) => {
      podman.once("exit", () => resolve());
      podman.kill();
    });
  for (const began = performance.now();;) {
    try {
      return await connectEngine({ host: `unix://${socket}` });
    } catch (error) {
      if (!(error instanceof DockerError) || performance.now() - began > 10_000) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

engineTests(start, {
  only: /^(?!an image's health check)/, // it has systemd start its checks, which is not everywhere
  async close() {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  },
});
