// The Go side of the peer tests: programs beside Go's own protobuf and the code that it generates of our .proto files.
import { fileURLToPath } from "node:url";

const folder = new URL("./go/", import.meta.url);
const schemas = new URL("../../protos/", import.meta.url);
/** The messages that programs can import, as `peers/gen/tf`. */
const generated = ["tf_predict.proto=tf", "pytorch_predict.proto=torch"];

/** Alibaba's SDK for Go. The module proxy does not have it. */
const sdk = "github.com/pai-eas/eas-golang-sdk";

/** Folder of that SDK's source, when EAS_GO_SDK names one: then the programs of the bench are built with it. */
export const sdkFolder: string | undefined = Deno.env.get("EAS_GO_SDK");

/** Why tests with Go are left out, as `node:test` takes it; false when they are run. */
export const skipGo: string | false = (Deno.env.get("SKIP") ?? "").split(",").includes("go") &&
  "SKIP names go";

/** Set for every process: what is installed must do, and nothing is asked of git. */
const variables = { GOFLAGS: "-buildvcs=false", GOTOOLCHAIN: "local", GOWORK: "off" };

async function go(args: string[], cwd: URL): Promise<void> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command("go", { args, cwd, env: variables }).output();
  } catch (cause) {
    const remedy = "install Go 1.23 or later, or leave it out with SKIP=go";
    throw new Error(`Cannot run go: it is not on PATH; ${remedy}`, { cause });
  }
  if (output.success) return;
  const said = new TextDecoder().decode(output.stderr).trim().slice(-2000);
  throw new Error(
    `Cannot run go ${args.join(" ")}: it ended with ${output.code}; SKIP=go leaves it out\n${said}`,
  );
}

async function filesOf(program: URL): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const names = (await Array.fromAsync(Deno.readDir(program))).map(({ name }) => name);
  const protos = generated.map((pair) => pair.split("=", 1)[0]!); // there is always a first part
  const sources: [name: string, url: URL][] = [
    ...["go.mod", "go.sum", "generate/main.go"].map((name): [string, URL] => [name, new URL(name, folder)]),
    ...protos.map((name): [string, URL] => [`protos/${name}`, new URL(name, schemas)]),
    ...names.filter((name) => name.endsWith(".go")).map((
      name,
    ): [string, URL] => [`program/${name}`, new URL(name, program)]),
  ];
  return new Map(
    await Promise.all(
      sources.map(async ([name, url]) => [name, await Deno.readFile(url)] as const),
    ),
  );
}

/**
 * Builds the program of a folder, unless it is built already, and returns its path. The first call ever downloads two
 * modules and takes some ten seconds.
 *
 * @param source Folder of Alibaba's SDK, which the program then is built with: with the tag `eas`, and with the SDK's
 * messages in place of our own, since Go takes messages of one name only once.
 */
export async function buildGo(program: URL, source = ""): Promise<string> {
  const files = await filesOf(program);
  const made = new Blob([...files.values(), ...generated, source]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await made.arrayBuffer()));
  const build = new URL(`.build/${digest.toHex().slice(0, 16)}/`, folder);
  const built = new URL("program/built", build);
  // Another process that wants it at the same time waits here.
  using lock = await Deno.open(new URL("go.mod", folder));
  await lock.lock(true);
  const exists = await Deno.stat(built).then(() => true, () => false);
  if (!exists || source) await make(build, files, source); // the SDK may have changed
  return fileURLToPath(built);
}

/** Assembles a module of its own, so that nothing is written among the sources. */
async function make(build: URL, files: ReadonlyMap<string, Uint8Array>, source: string): Promise<void> {
  for (const [name, bytes] of files) {
    const file = new URL(name, build);
    await Deno.mkdir(new URL("./", file), { recursive: true });
    await Deno.writeFile(file, bytes);
  }
  await go(["run", "./generate", "protos", "gen", "peers/gen", ...generated], build);
  if (source) await useSdk(build, files, source);
  await go(["build", ...source ? ["-mod=mod", "-tags=eas"] : [], "-o", "program/built", "./program"], build);
}

async function useSdk(build: URL, files: ReadonlyMap<string, Uint8Array>, source: string): Promise<void> {
  const folder = await Deno.realPath(source);
  await go(["mod", "edit", `-require=${sdk}@v0.0.0`, `-replace=${sdk}=${folder}`], build);
  for (const [name, bytes] of files) {
    if (!name.startsWith("program/")) continue;
    const text = new TextDecoder().decode(bytes);
    const messages = `tf "${sdk}/eas/types/tf_predict_protos"`;
    await Deno.writeTextFile(new URL(name, build), text.replace('"peers/gen/tf"', messages));
  }
}

/** A message that Go shall read, as the vectors have it: its full name and its bytes. */
export interface GoCase {
  /** Such as `pytorch.eas.PredictRequest`. */
  message: string;
  /** The bytes. */
  hex: string;
}

/** What Go found in each message, in the form of the vectors. */
export async function readWithGo(
  cases: readonly GoCase[],
): Promise<{ value?: Record<string, unknown>; error?: string }[]> {
  const program = await buildGo(new URL("judge/", folder));
  const process = new Deno.Command(program, { stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
  const written = new Blob([JSON.stringify({ cases })]).stream().pipeTo(process.stdin);
  const [{ success, code, stdout }] = await Promise.all([process.output(), written]);
  if (!success) throw new Error(`Cannot read with Go: the program ended with ${code}`);
  return JSON.parse(new TextDecoder().decode(stdout)).results;
}
