// The Python side of the peer tests: an environment of its own, made once, and its scripts as servers.
import { fileURLToPath } from "node:url";

const folder = new URL("./python/", import.meta.url);
const environment = new URL(".venv/", folder);
const interpreter = fileURLToPath(new URL("bin/python", environment));
/** What the environment is made from; when one of these changes it is made anew. */
const sources = ["requirements.txt", "requirements-messages.txt", "requirements-pai.txt", "cpu_torch.py"];

/** Set for every process: no user's packages, caches but none beside the sources, no chatter of the frameworks. */
const variables = {
  CUDA_VISIBLE_DEVICES: "",
  PIP_DISABLE_PIP_VERSION_CHECK: "1",
  PYTHONDONTWRITEBYTECODE: "",
  PYTHONNOUSERSITE: "1",
  PYTHONPATH: "",
  PYTHONPYCACHEPREFIX: fileURLToPath(new URL("pycache", environment)),
  PYTHONUNBUFFERED: "1",
  TF_CPP_MIN_LOG_LEVEL: "3",
};

/** Why tests with Python are left out, as `node:test` takes it; false when they are run. */
export const skipPython: string | false = (Deno.env.get("SKIP") ?? "").split(",").includes("python") &&
  "SKIP names python";

/** Runs a program in the folder of the scripts, and returns what it prints; throws with what it complains of. */
async function run(
  command: string,
  args: string[],
  stdin: Uint8Array = new Uint8Array(),
): Promise<Uint8Array> {
  const options = { args, cwd: folder, env: variables } as const;
  const process = new Deno.Command(command, { ...options, stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const written = new Blob([stdin.slice()]).stream().pipeTo(process.stdin).catch(() => {});
  const [{ success, code, stdout, stderr }] = await Promise.all([process.output(), written]);
  if (success) return stdout;
  const said = new TextDecoder().decode(stderr).trim().slice(-2000);
  throw new Error(`Cannot run ${command} ${args.join(" ")}: it ended with ${code}\n${said}`);
}

/** The first Python 3.11 of this machine; TensorFlow's release in `requirements.txt` knows no later one. */
async function systemPython(): Promise<string> {
  const names = [Deno.env.get("PYTHON"), "python3.11", "python3", "python"];
  for (const name of names.filter((name) => name !== undefined)) {
    try {
      const version = await run(name, ["-c", "import pip, sys; print(*sys.version_info[:2], sep='.')"]);
      if (new TextDecoder().decode(version).trim() === "3.11") return name;
    } catch {
      // Not there, or without pip: the next one.
    }
  }
  throw new Error(
    "Cannot run the tests with Python: no python3.11 with pip is on PATH. Install it, name it in PYTHON, or " +
      "leave these tests out with SKIP=python",
  );
}

async function digestOfSources(): Promise<string> {
  const texts = await Promise.all(sources.map((name) => Deno.readFile(new URL(name, folder))));
  const digest = await crypto.subtle.digest("SHA-256", await new Blob(texts).arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function makeEnvironment(): Promise<void> {
  const python = await systemPython();
  const began = Date.now();
  console.error(
    `Making ${fileURLToPath(environment)}: PyTorch, TensorFlow and more, 2.1 GB, about half a minute`,
  );
  await Deno.remove(environment, { recursive: true }).catch(() => {});
  await run(python, ["-m", "venv", "--without-pip", fileURLToPath(environment)]);
  // For git, and for Deno's formatter and linter.
  await Deno.writeTextFile(new URL(".gitignore", environment), "*\n");
  // The lists name every package, so nothing is resolved: neither CUDA's libraries nor TensorBoard come along.
  const pip = ["-m", "pip", "--python", interpreter, "install", "--quiet", "--no-deps", "--no-compile"];
  const install = [...pip, "--only-binary", ":all:", "--requirement"];
  await run(python, [...install, "requirements.txt"]);
  for (const beside of ["messages", "pai"]) { // packages that these scripts alone see
    const folder = fileURLToPath(new URL(beside, environment));
    await run(python, [...install, `requirements-${beside}.txt`, "--target", folder]);
  }
  await run(interpreter, ["cpu_torch.py"]);
  console.error(`Made it in ${Math.round((Date.now() - began) / 1000)} s`);
}

async function findOrMake(): Promise<string> {
  const stamp = new URL("stamp", environment);
  const digest = await digestOfSources();
  const isMade = async () => await Deno.readTextFile(stamp).catch(() => "") === digest;
  if (await isMade()) return interpreter;
  // Another process that wants it at the same time waits here.
  using lock = await Deno.open(new URL("requirements.txt", folder));
  await lock.lock(true);
  if (await isMade()) return interpreter;
  await makeEnvironment();
  await Deno.writeTextFile(stamp, digest);
  return interpreter;
}

let found: Promise<string> | undefined;

/**
 * Path of an interpreter that has the packages of `python/requirements.txt`.
 *
 * The first call ever makes `python/.venv`, which takes about half a minute, and says so on stderr.
 */
export function python(): Promise<string> {
  return found ??= findOrMake();
}

/** Runs a script of the folder `python`, or `-m` and a module, and returns what it prints. */
export async function runPython(args: string[], stdin?: Uint8Array): Promise<Uint8Array> {
  return await run(await python(), args, stdin);
}

/** A script that answers HTTP. */
export interface PythonServer extends AsyncDisposable {
  /** Where it answers, `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Ends the process; does nothing the second time. */
  stop(): Promise<void>;
}

/** Starts a script of the folder `python` and waits until it listens; it ends with this process at the latest. */
export async function startPython(script: string, args: string[] = []): Promise<PythonServer> {
  const process = new Deno.Command(await python(), {
    args: [script, "--with-parent", ...args],
    cwd: folder,
    env: variables,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const stop = async (): Promise<void> => {
    process.ref();
    // Its standard input ends, and so does the script.
    await process.stdin.close().catch(() => {});
    await process.status;
  };
  let said = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    const url = /^listening on (http:\S+)\n/m.exec(said)?.[1];
    if (!url) continue;
    process.unref(); // a test that forgets to stop it ends all the same
    return { url, stop, [Symbol.asyncDispose]: stop };
  }
  const { code } = await process.status;
  throw new Error(`Cannot start ${script}: it ended with ${code} before it listened`);
}
