/**
 * Builds and starts the service of `server.cpp`.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { buildFolder, run, start } from "../processes.ts";

/** The service, which answers on a port of this machine. */
export interface Service extends AsyncDisposable {
  /** Its address; a payload is at `/api/predict/` and its name. */
  url: string;
  /** Body of the latest request. */
  last: () => Promise<Uint8Array<ArrayBuffer>>;
}

const source = new URL("server.cpp", import.meta.url);

/** Starts the service: what it answers to each payload is in the file of that name. */
export async function startService(answers: ReadonlyMap<string, string>): Promise<Service> {
  const args = Array.from(answers, ([name, file]) => `${name}=${file}`);
  const child = await start({ title: "the service", command: await built(), args });
  const url = child.ready.replace("listening on ", "");
  const last = async (): Promise<Uint8Array<ArrayBuffer>> => {
    const response = await fetch(`${url}/last`);
    return new Uint8Array(await response.arrayBuffer());
  };
  return { url, last, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}

/** Path of the program, which is built when its source is another than that of the last time. */
async function built(): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(source));
  const program = `${buildFolder}service-${new Uint8Array(digest).toHex().slice(0, 16)}`;
  const exists = await Deno.stat(program).then(() => true, () => false);
  if (exists) return program;
  const args = ["-std=c++17", "-O2", "-pthread", fileURLToPath(source), "-o", program];
  try {
    await run({ title: "the compiler", command: Deno.env.get("CXX") ?? "g++", args });
  } catch (cause) {
    throw new Error(
      `Cannot build the service: ${
        (cause as Error).message
      }; install g++, or leave it out with SKIP=end-to-end`,
      { cause },
    );
  }
  return program;
}
