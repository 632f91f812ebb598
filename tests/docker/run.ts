/**
 * Tests against a real container engine: `deno task test:docker`, or `… node bun` for some runtimes, and
 * `… deno --only engine` for one file of `tests/docker/cases`.
 *
 * Uses the engine that is found as users' is; when there is none, or with `--own`, starts one, and ends it. Leaves nothing: no container,
 * no volume, no image of its own; and fails when a test left one.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { connectEngine } from "../../plugins/local-docker/engine/connect.ts";
import { DockerError } from "../../plugins/local-docker/engine/docker-error.ts";
import type { Engine } from "../../plugins/local-docker/engine/engine.ts";
import { removeImage } from "../../plugins/local-docker/engine/images.ts";
import { listContainers } from "../../plugins/local-docker/engine/list-containers.ts";
import { listVolumes } from "../../plugins/local-docker/engine/volumes.ts";
import { copyProject } from "../support/copy_project.ts";
import { find, installForNode } from "../support/run_tests.ts";
import { makeImages } from "./images.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const runtimes = ["deno", "bun", "node"] as const;
type Runtime = typeof runtimes[number];

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const at = args.indexOf("--only");
  const [, only = ""] = at < 0 ? [] : args.splice(at, 2);
  const own = args.indexOf("--own");
  if (own >= 0) args.splice(own, 1);
  const wrong = args.find((name) => !runtimes.includes(name as Runtime)); // that is what is asked
  if (wrong !== undefined) {
    console.error(`Cannot run the tests: "${wrong}" is neither ${runtimes.join(" nor ")}`);
    return 2;
  }
  const files = readdirSync(new URL("cases/", import.meta.url)).filter((name) => name.includes(only)).sort();
  const wanted = (args.length ? args : runtimes) as Runtime[];
  const isNamed = !!process.env.DOCKER_TESTS_RUN; // and its images are kept for the next runtime
  process.env.DOCKER_TESTS_RUN ||= `run${process.pid}`;
  return await withEngine(own >= 0, async (engine) => {
    const images = await timed("images", () => makeImages(engine));
    const before = await ours(engine);
    let failed = 0;
    try {
      for (const runtime of wanted) {
        const some = files.filter((file) => !isLeftOut(file, runtime, !!only));
        failed += await timed(
          runtime,
          () => runOn(runtime, some.map((file) => `tests/docker/cases/${file}`), engine),
        );
        const left = [...await ours(engine)].filter((name) => !before.has(name));
        for (const name of left) console.error(`the tests on ${runtime} left the ${name}`);
        failed += left.length;
      }
    } finally {
      for (const image of isNamed ? [] : images) await removeImage(engine, image, { force: true });
    }
    return failed ? 1 : 0;
  });
}

/** Says so when a file is left out. */
function isLeftOut(file: string, runtime: Runtime, isNamed: boolean): boolean {
  const isRepeated = file.startsWith("engine_podman") && runtime !== "deno" && !isNamed;
  const why = lacking(file) ?? (isRepeated ? "Deno runs it; --only podman does elsewhere too" : undefined);
  if (why) console.log(`${file} is left out on ${runtime}: ${why}`);
  return !!why;
}

/** Why a file's engine can't be had on this machine. */
function lacking(file: string): string | undefined {
  const isOurs = process.platform === "linux" && process.getuid?.() === 0;
  const needs: Record<string, string[]> = {
    engine_podman: ["podman"],
    failures_dying: ["dockerd"],
    engine_tls: ["dockerd", "openssl"],
  };
  const [, programs] = Object.entries(needs).find(([name]) => file.startsWith(name)) ?? [];
  if (programs && !isOurs) return "only root on Linux can start its engine";
  const missing = programs?.find((name) => spawnSync(name, ["version"], { stdio: "ignore" }).error);
  return missing && `there is no ${missing}`;
}

/** The user's engine, or one for this run. */
async function withEngine(isOwn: boolean, use: (engine: Engine) => Promise<number>): Promise<number> {
  process.env.DENO ??= process.execPath;
  const found = isOwn ? undefined : await connectEngine().catch((error) => {
    if (!(error instanceof DockerError) || error.code !== "NO_ENGINE" || process.env.DOCKER_HOST) throw error;
  });
  if (found) return await use(found);
  const folder = mkdtempSync(join(tmpdir(), "dockerd-"));
  const dockerd = join(root, "tests/docker/dockerd");
  const stop = (): void => void spawnSync(dockerd, ["stop", folder], { stdio: "inherit" });
  const interrupted = (): void => {
    stop();
    process.exit(130);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    const { status, stdout } = spawnSync(dockerd, ["start", folder], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status !== 0) return 1; // it has said why
    process.env.DOCKER_HOST = /DOCKER_HOST=(\S+)/.exec(stdout)?.[1];
    return await use(await connectEngine());
  } finally {
    stop();
    rmSync(folder, { recursive: true, force: true });
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
  }
}

function runOn(runtime: Runtime, files: string[], { address }: Engine): number {
  const env = { ...process.env, DOCKER_HOST: process.env.DOCKER_HOST ?? address };
  const run = (cwd: string, command: string, args: string[]): number => {
    const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit", env });
    if (status !== 0) console.error(`"${command} ${args[0]}" ended with ${error ?? status}`);
    return status === 0 ? 0 : 1;
  };
  if (runtime === "deno") return run(root, process.execPath, ["test", "-A", "--frozen", ...files]);
  const program = find(runtime, runtime === "bun" ? "1.2.0" : "22.18.0");
  if (!program) return 1;
  const copy = mkdtempSync(join(tmpdir(), `tests-docker-${runtime}-`));
  try {
    copyProject(copy);
    if (runtime === "bun") {
      return run(copy, program, ["install", "--frozen-lockfile", "--silent"]) ||
        run(copy, program, ["test", "--timeout", "120000", ...files.map((file) => `./${file}`)]);
    }
    const [npm, ...install] = installForNode();
    return run(copy, npm, install) || run(copy, program, ["--test", "--test-concurrency=1", ...files]);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** What this package made in an engine. */
async function ours(engine: Engine): Promise<Set<string>> {
  const labels = { "com.pai-edge.sdk.service": true } as const;
  const containers = await listContainers(engine, { all: true, labels });
  const volumes = await listVolumes(engine, { labels });
  return new Set([
    ...containers.map(({ name }) => `container ${name}`),
    ...volumes.map(({ name }) => `volume ${name}`),
  ]);
}

async function timed<T>(name: string, run: () => T | Promise<T>): Promise<T> {
  const began = performance.now();
  console.log(`--- ${name}`);
  try {
    return await run();
  } finally {
    console.log(`--- ${name} took ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
}
