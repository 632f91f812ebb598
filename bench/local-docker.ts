/**
 * How much later than with `docker run` a model answers that `model.deploy(localDocker())` has started, of the same image
 * on the same engine: `deno run -A local-docker.ts [--quick]`. Both take turns; a round's difference and ratio count, and
 * of these the median. Without an engine or the program `docker`, or with
 * `SKIP=docker`, nothing is measured.
 *
 * @module
 */
import { stop } from "esbuild";
import { connectEngine } from "../plugins/local-docker/engine/connect.ts";
import type { Engine } from "../plugins/local-docker/engine/engine.ts";
import { removeImage } from "../plugins/local-docker/engine/images.ts";
import { tinyImage } from "../tests/docker/images.ts";
import type { GoalRow } from "./goals.ts";
import { printGoals, type Program, run, runtimes, skipped } from "./processes.ts";

/** Most milliseconds beyond what `docker run` takes. */
const limit = 200;

/** Milliseconds until the first answer, on one runtime. */
interface Starts {
  runtime: string;
  docker: number[];
  ours: number[];
}

/** One row; none where there is no engine. */
export async function localDockerGoals(options: { quick: boolean }): Promise<GoalRow[]> {
  const starts = await measureStarts(options.quick ? 5 : 21);
  return starts.length > 0 ? [rowOf(starts)] : [];
}

async function measureStarts(rounds: number): Promise<Starts[]> {
  const engine = await anyEngine();
  if (!engine) return [];
  const programs = await runtimes(new URL("local-docker-case.ts", import.meta.url));
  await stop(); // nothing else should run meanwhile
  const image = await tinyImage(engine);
  try {
    const found: Starts[] = [];
    for (const program of programs) found.push(await measureOn(program, image, rounds));
    return found;
  } finally {
    await removeImage(engine, image, { force: true });
  }
}

async function anyEngine(): Promise<Engine | undefined> {
  if (skipped.includes("docker")) return undefined;
  try {
    const engine = await connectEngine();
    await new Deno.Command("docker", { args: ["--version"], stdout: "null" }).output();
    return engine;
  } catch (error) {
    console.error(
      `Local Docker is left out: ${error instanceof Error ? error.message.split("\n")[0] : error}`,
    );
    return undefined;
  }
}

async function measureOn(program: Program, image: string, rounds: number): Promise<Starts> {
  return { runtime: program.title, ...JSON.parse(await run(program, image, `${rounds}`)) };
}

function rowOf(starts: readonly Starts[]): GoalRow {
  const measured = starts.map(({ runtime, docker, ours }) => {
    const over = median(ours.map((ms, round) => ms - docker[round]!)); // as many rounds
    const ratio = median(ours.map((ms, round) => ms / docker[round]!));
    const text = `${over.toFixed(0)} ms (${ratio.toFixed(2)} × ${median(docker).toFixed(0)} ms)`;
    return { runtime, text, met: over <= limit, gateMet: over <= 2 * limit };
  });
  return {
    what: "A container from deploy to its first answer, beyond docker run",
    goal: `≤ ${limit} ms`,
    measured,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!; // there are rounds
}

if (import.meta.main) {
  const starts = await measureStarts(Deno.args.includes("--quick") ? 5 : 21);
  if (starts.length > 0) printGoals([rowOf(starts)]);
}
