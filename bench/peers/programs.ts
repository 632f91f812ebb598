/**
 * Builds and starts what is measured beside each other: our codec on each runtime, and protobuf in other languages.
 * `SKIP=cpp,go,python-bench,bun,node` leaves any of them out. The peer in Go is
 * Go's own protobuf or, where `EAS_GO_SDK` names a folder with its source, Alibaba's SDK.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { buildGo, sdkFolder } from "../../tests/peers/go.ts";
import { python } from "../../tests/peers/python.ts";
import { buildFolder, type Child, type Program, run, runtimes, skipped, start } from "../processes.ts";

/** One way to do the work of a contest. */
export interface Way {
  /** What the table says. */
  name: string;
  /** Word of the line that asks for it. */
  work: string;
}

/** A program and what it can do. */
export interface Peer {
  /** How it is started, without its payloads. */
  program: Program;
  /** Its ways to make bytes of arrays. */
  encode: Way[];
  /** Its ways to make arrays of bytes. */
  decode: Way[];
  /** Payloads of which a call would take seconds. */
  without?: readonly string[];
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const protos = here("../../protos");

/** All that are not left out, built; our codec has the titles of its runtimes. */
export async function peers(payloads: string, effort: { quick: boolean }): Promise<Peer[]> {
  await Deno.mkdir(buildFolder, { recursive: true });
  const makers: [names: string[], make: () => Promise<Peer[]>][] = [
    [["cpp"], () => cpp(payloads)],
    [[], ours],
    [["go"], () => go(payloads)],
    [["python-bench", "python"], () => inPython(payloads, effort.quick)],
  ];
  const made: Peer[] = [];
  for (const [names, make] of makers) {
    if (!names.some((name) => skipped.includes(name))) made.push(...await make());
  }
  return made;
}

/** Starts a program with the payloads that it takes. */
export async function startPeer({ program, without = [] }: Peer, ids: readonly string[]): Promise<Child> {
  return await start(program, ...ids.filter((id) => !without.includes(id)));
}

async function ours(): Promise<Peer[]> {
  return (await runtimes(new URL("ours.ts", import.meta.url))).map((runtime) => ({
    program: runtime,
    encode: [
      { name: `**\`encode\`**, ${runtime.title}`, work: "encode" },
      { name: `**\`encodeInto\`**, ${runtime.title}`, work: "pooled" },
      { name: `a bare copy of the bytes, ${runtime.title}`, work: "copy" },
    ],
    decode: [{ name: `**\`decode\`**, ${runtime.title}`, work: "decode" }],
  }));
}

async function cpp(payloads: string): Promise<Peer[]> {
  return [{
    program: { title: "cpp", command: await buildCpp(), args: [payloads] },
    encode: [
      { name: "C++: build + serialize", work: "build" },
      { name: "C++: the same, message reused", work: "rebuild" },
      { name: "C++: serialize what is built", work: "serialize" },
    ],
    decode: [
      { name: "C++: parse", work: "parse" },
      { name: "C++: the same, message reused", work: "reparse" },
    ],
  }];
}

/** Path of the program, which is built when its sources, or the compilers, are other than those of the last time. */
async function buildCpp(): Promise<string> {
  const compiler = Deno.env.get("CXX") ?? "g++";
  try {
    const version = async (command: string): Promise<string> =>
      await run({ title: "cpp", command, args: ["--version"] });
    const made = createHash("sha256").update(await version(compiler)).update(await version("protoc"));
    for (const file of [here("cpp/main.cc"), `${protos}/tf_predict.proto`]) {
      made.update(await Deno.readFile(file));
    }
    const folder = `${buildFolder}cpp-${made.digest("hex").slice(0, 16)}`, program = `${folder}/measure`;
    if (await Deno.stat(program).then(() => true, () => false)) return program;
    await Deno.mkdir(folder, { recursive: true });
    const schema = [`--proto_path=${protos}`, `--cpp_out=${folder}`, "tf_predict.proto"];
    await run({ title: "cpp", command: "protoc", args: schema });
    const sources = [`-I${folder}`, here("cpp/main.cc"), `${folder}/tf_predict.pb.cc`];
    const args = ["-std=c++17", "-O3", ...sources, "-lprotobuf", "-lpthread", "-o", program];
    await run({ title: "cpp", command: compiler, args });
    return program;
  } catch (cause) {
    const remedy = "apt-get install g++ libprotobuf-dev protobuf-compiler";
    throw new Error(
      `Cannot build the peer in C++: ${(cause as Error).message}; on Debian: ${remedy}`, // run() throws errors
      { cause },
    );
  }
}

async function go(payloads: string): Promise<Peer[]> {
  const command = await buildGo(new URL("go/", import.meta.url), sdkFolder);
  const [write, read] = sdkFolder
    ? ["Go: Alibaba's SDK, `TFRequest` to bytes", "Go: unmarshal, messages of Alibaba's SDK"]
    : ["Go: build + marshal", "Go: unmarshal"];
  return [{
    program: { title: "go", command, args: [payloads] },
    encode: [{ name: write!, work: "build" }],
    decode: [{ name: read!, work: "parse" }],
  }];
}

/**
 * Alibaba's package asks for a protobuf that for Python 3.11 is there in Python only, so it takes a tenth of a second a
 * call and, of the largest payload, many; a quick run has it write no more than the small one.
 */
async function inPython(payloads: string, quick: boolean): Promise<Peer[]> {
  const command = await python();
  const peer = (kind: "eas" | "upb", title: string, how: string, without: readonly string[]): Peer => ({
    program: { title, command, args: ["-s", here("python/measure.py"), kind, payloads, protos] },
    encode: [{ name: `Python: ${how}, lists of arrays`, work: "build" }],
    decode: [{ name: `Python: ${how}, numpy arrays`, work: "parse" }],
    without,
  });
  const slow = ["f32_600K", "f64_1M", "i64_tokens", "u8_image", "bool_100K"];
  return [
    peer("upb", "python-bench", "upb", []),
    peer("eas", "python-bench", "`eas_prediction`", quick ? ["f32_38M", ...slow] : ["f32_38M"]),
  ];
}
