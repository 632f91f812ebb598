/**
 * How long a container takes from the command to its first answer, by `docker run` and by us: a program for a process of
 * its own, whose arguments are an image that serves on port 8000, and how many rounds. It prints the milliseconds of each
 * round as JSON.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import process from "node:process";
import { promisify } from "node:util";
import { containerServingSpec, Model } from "../plugins/deploy/mod.ts";
import { localDocker } from "../plugins/local-docker/mod.ts";

const [image, rounds] = process.argv.slice(2) as [string, string]; // the parent gives both
const run = promisify(execFile);
const command = "serve";
const model = new Model({ inferenceSpec: containerServingSpec({ image, command, port: 8000 }) });
const target = localDocker();

/** What a user types, and how one would wait: until the port answers. */
async function byDocker(): Promise<number> {
  const port = await freePort();
  const began = performance.now();
  const published = ["-p", `127.0.0.1:${port}:8000`];
  const { stdout } = await run("docker", ["run", "-d", ...published, image, "/bin/sh", "-c", command]);
  await answer(`http://127.0.0.1:${port}/health`);
  const took = performance.now() - began;
  await run("docker", ["rm", "--force", stdout.trim()]);
  return took;
}

/** The same by us; the promise resolves when it answers. */
async function byUs(): Promise<number> {
  const began = performance.now();
  const service = await model.deploy(target, { serviceName: `bench_${process.pid}`, temporary: true });
  const took = performance.now() - began;
  await service.delete();
  return took;
}

/** A port that nobody has: Docker is told one, so that nobody has to ask for it. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(Number(Object(address).port)));
    });
  });
}

async function answer(url: string): Promise<void> {
  for (;;) {
    try {
      await (await fetch(url)).arrayBuffer();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

const docker: number[] = [], ours: number[] = [];
for (let round = -1; round < Number(rounds); round++) { // the first brings programs into memory
  const order = round % 2 ? [byDocker, byUs] : [byUs, byDocker]; // whoever comes first finds another machine
  for (const measure of order) {
    const took = await measure();
    if (round >= 0) (measure === byUs ? ours : docker).push(took);
  }
}
console.log(JSON.stringify({ docker, ours }));
