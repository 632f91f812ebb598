/**
 * Runs the contests on this runtime and, with the same files and packages, on Bun and Node.
 *
 * @module
 */
import { build } from "esbuild";
import { spawnSync, type StdioOptions } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Contest, full, measure, type Measured, quick } from "./measure.ts";
import type { PayloadId } from "./payloads.ts";
import { predictContests } from "./predict.ts";
import { signContests } from "./sign.ts";
import { storageContests } from "./storage/contests.ts";
import { tensorContests } from "./tensors.ts";

/** What one runtime measured. */
export interface Report {
  /** Name and version of the runtime. */
  runtime: string;
  /** Its figures. */
  measured: Measured[];
}

/** Groups that have contests. */
const contestGroups = ["predict", "tensors", "sign", "storage"] as const;

/** All groups, in the order of the tables. */
export const groups = [...contestGroups, "docker"] as const;

/** The name of one. */
export type Group = typeof groups[number];

/** What is measured. */
export interface Selection {
  /** Whether it takes seconds. */
  quick: boolean;
  /** The groups. */
  only: readonly string[];
  /** The payloads of the contests of codecs; all of them when absent. */
  payloads?: PayloadId[];
}

/** Measures in this process. */
export async function measureHere(selection: Selection): Promise<Measured[]> {
  const effort = selection.quick ? quick : full, measured: Measured[] = [];
  for (const group of contestGroups) {
    if (!selection.only.includes(group)) continue;
    for await (const contest of contestsOf(group, selection)) measured.push(await measure(contest, effort));
  }
  return measured;
}

function contestsOf(
  group: typeof contestGroups[number],
  selection: Selection,
): Iterable<Contest> | AsyncIterable<Contest> {
  if (group === "predict") return predictContests();
  if (group === "storage") return storageContests();
  return group === "sign" ? signContests() : tensorContests(selection);
}

/** Another runtime. */
export interface Runtime {
  /** Its program. */
  name: string;
  /** The oldest version that will do. */
  minimum: string;
}

/** All that can be measured besides Deno. */
export const others: Runtime[] = [{ name: "bun", minimum: "1.2.0" }, { name: "node", minimum: "22.18.0" }];

const here = fileURLToPath(new URL("./", import.meta.url));

/** Joins our files into one module, without their types; packages stay as they are, in `node_modules`. */
export async function bundleFor(selection: Selection): Promise<string> {
  const outfile = `${here}node_modules/.bench/contests.mjs`; // from here the bench's packages are found
  await build({
    stdin: {
      contents: `import { measureHere } from "./runtimes.ts";
console.log(JSON.stringify(await measureHere(${JSON.stringify(selection)})));`,
      resolveDir: here,
    },
    bundle: true,
    packages: "external",
    format: "esm",
    target: "es2024",
    outfile,
    logLevel: "error",
  });
  return outfile;
}

/**
 * Measures in another runtime: the program that the variable `BUN` or `NODE` names, else the first in `PATH`.
 *
 * @throws {Error} when it is missing, too old, or fails.
 */
export function measureIn({ name, minimum }: Runtime, module: string): Report {
  const version = output(name, "--version").trim().replace(/^v/, "");
  if (version.localeCompare(minimum, "en", { numeric: true }) < 0) {
    throw new Error(
      `Cannot measure on ${name}: version ${version} is below ${minimum}; ${remedy(name)}`,
    );
  }
  const title = name[0]!.toUpperCase() + name.slice(1); // no name is empty
  return { runtime: `${title} ${version}`, measured: JSON.parse(output(name, module)) };
}

const remedy = (name: string): string =>
  `name another in ${name.toUpperCase()}, or leave it out by SKIP=${name}`;

function output(name: string, argument: string): string {
  const program = Deno.env.get(name.toUpperCase()) ?? name;
  const stdio: StdioOptions = ["ignore", "pipe", "inherit"];
  const { status, error, stdout } = spawnSync(program, [argument], { cwd: here, encoding: "utf8", stdio });
  if (status === 0) return stdout;
  const reason = error?.message ?? `it ended with ${status}`;
  throw new Error(`Cannot measure on ${name}: "${program} ${argument}": ${reason}; ${remedy(name)}`);
}
