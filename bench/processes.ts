/**
 * Processes that a bench starts: programs of our own on Deno, Bun and Node, and in other languages.
 *
 * @module
 */
import { build } from "esbuild";
import { fileURLToPath } from "node:url";
import type { GoalRow } from "./goals.ts";

/** A program with the arguments that come first. */
export interface Program {
  /** Name and version, for tables. */
  title: string;
  /** What is run. */
  command: string;
  /** Its first arguments. */
  args: string[];
}

const here = fileURLToPath(new URL("./", import.meta.url));

/** Where builds and files of one run go. Not in `node_modules`, where Deno gives code the globals of Node. */
export const buildFolder = `${here}.build/`;

/** Names that the variable `SKIP` leaves out. */
export const skipped: readonly string[] = (Deno.env.get("SKIP") ?? "").split(",");

/** Makes the folder of builds, which no version control sees. */
export function makeBuildFolder(): void {
  Deno.mkdirSync(buildFolder, { recursive: true });
  Deno.writeTextFileSync(`${buildFolder}.gitignore`, "*\n");
}

/**
 * Programs that run a module: this Deno, and the runtimes that the variables `BUN` and `NODE` name, or `PATH` has. These
 * get it joined with our files that it imports; packages are in `node_modules`.
 */
export async function runtimes(module: URL): Promise<Program[]> {
  const file = fileURLToPath(module);
  const found: Program[] = [{
    title: `Deno ${Deno.version.deno}`,
    command: Deno.execPath(),
    args: ["run", "-A", "--frozen", "--no-check", "--no-code-cache", file], // compiled as in the first run
  }];
  const outfile = `${here}node_modules/.bench/${file.split("/").slice(-2).join("-")}.mjs`;
  await build({ ...common, entryPoints: [file], packages: "external", outfile });
  for (const name of ["bun", "node"].filter((name) => !skipped.includes(name))) {
    const command = Deno.env.get(name.toUpperCase()) ?? name;
    const version = (await run({ title: name, command, args: ["--version"] })).trim().replace(/^v/, "");
    const title = `${name[0]!.toUpperCase()}${name.slice(1)} ${version}`; // no name is empty
    found.push({ title, command, args: [outfile] });
  }
  return found;
}

const streams = `${here}../tests/support/std-streams`; // which is in no registry of npm's
const common = {
  bundle: true,
  format: "esm",
  target: "es2024",
  logLevel: "error",
  alias: {
    "@std/streams/limited-bytes-transform-stream": `${streams}/limited_bytes_transform_stream.ts`,
    "@std/streams/to-bytes": `${streams}/to_bytes.ts`,
  },
} as const;

/** Joins a program with everything that it imports, as small as a bundler makes it; returns the path. */
export async function bundle(contents: string, name: string): Promise<string> {
  makeBuildFolder();
  const outfile = `${buildFolder}${name}.mjs`;
  await build({
    ...common,
    stdin: { contents, resolveDir: here },
    minify: true,
    platform: "neutral",
    mainFields: ["module", "main"],
    nodePaths: [`${here}node_modules`],
    outfile,
  });
  return outfile;
}

/** Runs a program to its end and returns what it prints. */
export async function run({ title, command, args }: Program, ...rest: string[]): Promise<string> {
  makeBuildFolder();
  try {
    const options = { args: [...args, ...rest], cwd: buildFolder };
    const { success, code, stdout } = await new Deno.Command(command, { ...options, stderr: "inherit" })
      .output();
    if (success) return new TextDecoder().decode(stdout);
    throw new Error(`it ended with ${code}`);
  } catch (cause) {
    throw failure(title, command, cause);
  }
}

/**
 * Path of the program of a source in C++, which is built when the source is another than that of the last time.
 *
 * @param part The part of the bench that needs it, which `SKIP` can leave out.
 */
export async function buildCpp(source: URL, part: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(source));
  const program = `${buildFolder}${part}-${new Uint8Array(digest).toHex().slice(0, 16)}`;
  const exists = await Deno.stat(program).then(() => true, () => false);
  if (exists) return program;
  const args = ["-std=c++17", "-O2", "-pthread", fileURLToPath(source), "-o", program];
  try {
    await run({ title: "the compiler", command: Deno.env.get("CXX") ?? "g++", args });
  } catch (cause) {
    const reason = (cause as Error).message; // run() throws errors
    throw new Error(`Cannot build the service: ${reason}; install g++, or leave it out with SKIP=${part}`, {
      cause,
    });
  }
  return program;
}

/** A program that goes on and answers lines with lines. */
export interface Child extends AsyncDisposable {
  /** The program. */
  title: string;
  /** Number of the process. */
  pid: number;
  /** Sends a line and waits for one. */
  ask(line: string): Promise<string>;
}

/** Starts a program that ends with its standard input. It says a line when it is ready, which `ready` receives. */
export async function start(
  { title, command, args }: Program,
  ...rest: string[]
): Promise<Child & { ready: string }> {
  makeBuildFolder();
  const options = { args: [...args, ...rest], cwd: buildFolder };
  let process: Deno.ChildProcess;
  try {
    process = new Deno.Command(command, { ...options, stdin: "piped", stdout: "piped" }).spawn();
  } catch (cause) {
    throw failure(title, command, cause);
  }
  const input = process.stdin.getWriter();
  const lines = linesOf(process.stdout);
  const next = async (): Promise<string> => {
    const { value } = await lines.next();
    if (value !== undefined) return value;
    throw failure(title, command, new Error(`it ended with ${(await process.status).code}`));
  };
  return {
    title,
    pid: process.pid,
    ready: await next(),
    ask: async (line) => {
      await input.write(new TextEncoder().encode(`${line}\n`));
      return await next();
    },
    async [Symbol.asyncDispose]() {
      await input.close().catch(() => {}); // it may have ended already
      await process.status;
    },
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, undefined> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!; // there is always a last one
    yield* lines;
  }
}

function failure(title: string, command: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : `${cause}`;
  const name = title.split(" ")[0]!.toLowerCase(); // there is always a first word
  const remedy = ["bun", "node", "go", "python"].includes(name) ? `; SKIP=${name} leaves it out` : "";
  return new Error(`Cannot run ${command} (${title}): ${reason}${remedy}`, { cause });
}

/** Prints rows of goals, for parts of the bench that run alone. */
export function printGoals(rows: readonly GoalRow[]): void {
  for (const { what, goal, measured } of rows) {
    const texts = measured.map(({ runtime, text, met }) =>
      `${runtime.split(" ")[0]} ${text}${met ? "" : " (missed)"}`
    );
    console.log(`${what}: ${goal}: ${texts.join(", ")}`);
  }
}
