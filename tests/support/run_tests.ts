/**
 * Runs the unit tests on another runtime: `deno run -A tests/support/run_tests.ts bun` or `… node`; or, as
 * `… published`, on Deno with `@std/streams` as JSR has it instead of the stand-in.
 *
 * Works in a copy of the checkout, so that no `node_modules` of one runtime is in another's way. The runtime is
 * the one that the variable `BUN` or `NODE` names, else the first in `PATH` that is new enough.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import process from "node:process";
import { copyProject } from "./copy_project.ts";

interface Runtime {
  /** Name of the program, and of the variable in capitals. */
  name: string;
  /** Oldest version that will do; absent when this very runtime runs the tests. */
  minimum?: string;
  /** Changes the copy before the tests. */
  prepare?(copy: string): void;
  /** Commands that install the dependencies and run the tests, given the program's path. */
  commands(program: string): [command: string, ...args: string[]][];
}

/** Node strips types from 22.18 on, but not below `node_modules`; npm links the folder that Bun would copy. */
const runtimes: Runtime[] = [
  {
    name: "node",
    minimum: "22.18.0",
    commands: (node) => [installForNode(), [node, "--test", "tests/unit/**/*_test.ts"]],
  },
  {
    name: "bun",
    minimum: "1.2.0",
    commands: (bun) => [
      [bun, "install", "--frozen-lockfile", "--silent"],
      [bun, "test", "--timeout", "60000"], // its usual 5 s are short where something runs beside it
    ],
  },
  {
    name: "published",
    prepare(copy) {
      const { links: _, ...config } = JSON.parse(readFileSync(join(copy, "deno.json"), "utf8"));
      writeFileSync(join(copy, "deno.json"), JSON.stringify(config));
    },
    commands: (deno) => [[deno, "test", "-A", "--no-lock", "tests/unit"]],
  },
];

if (import.meta.main) {
  const runtime = runtimes.find(({ name }) => name === process.argv[2]);
  if (!runtime) {
    console.error(
      `Cannot run the tests: "${process.argv[2]}" is neither ${runtimes.map((r) => r.name).join(" nor ")}`,
    );
    process.exit(2);
  }
  process.exitCode = runIn(runtime);
}

function runIn({ name, minimum, prepare, commands }: Runtime): number {
  const program = minimum ? find(name, minimum) : process.execPath;
  if (!program) return 1;
  const copy = mkdtempSync(join(tmpdir(), `tests-${name}-`));
  try {
    copyProject(copy);
    prepare?.(copy);
    for (const [command, ...args] of commands(program)) {
      const { status, error } = spawnSync(command, args, {
        cwd: copy,
        stdio: "inherit",
        env: environment(copy),
      });
      if (status !== 0) {
        console.error(
          `Cannot run the tests on ${name}: "${command} ${args[0]}" ended with ${error ?? status}`,
        );
        return 1;
      }
    }
    return 0;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/**
 * A relative folder of vectors is relative to where the task was started. Node has a process for each file, which need
 * not strip the types of the SDK again each time.
 */
function environment(copy: string): NodeJS.ProcessEnv {
  const { VECTORS } = process.env;
  const cache = { NODE_COMPILE_CACHE: join(copy, "node_modules/.compiled") };
  return { ...process.env, ...cache, ...VECTORS && { VECTORS: resolve(VECTORS) } };
}

/** Path of a runtime that is new enough: the one that its variable names, else the first in `PATH`. */
export function find(name: string, minimum: string): string | undefined {
  const variable = name.toUpperCase();
  const named = process.env[variable];
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const suffix = process.platform === "win32" ? ".exe" : "";
  const candidates = named
    ? [resolve(named)]
    : folders.map((folder) => join(folder, name + suffix)).filter(existsSync);
  const seen: string[] = [];
  for (const candidate of candidates) {
    const { stdout } = spawnSync(candidate, ["--version"], { encoding: "utf8" });
    const version = stdout?.trim().replace(/^v/, "");
    if (version && isAtLeast(version, minimum)) {
      console.log(`${name} ${version}`);
      return candidate;
    }
    seen.push(`${candidate} is ${version || "no program"}`);
  }
  console.error(
    `Cannot run the tests on ${name}: version ${minimum} or later not found (${
      seen.join(", ") || "none in PATH"
    }); ` +
      `set ${variable} to one`,
  );
  return undefined;
}

function isAtLeast(version: string, minimum: string): boolean {
  const [a, b] = [version, minimum].map((text) => text.split(/[.-]/).map(Number));
  for (const i of [0, 1, 2]) {
    if (a![i] !== b![i]) return a![i]! > b![i]!;
  }
  return true;
}

/** The command that installs the dependencies for Node, in the folder of package.json. */
export function installForNode(): [command: string, ...args: string[]] {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  return [npm, "install", "--no-package-lock", ...quiet];
}
