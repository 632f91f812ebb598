/**
 * Builds and starts the service of `server.cpp`.
 *
 * @module
 */
import { buildCpp, start } from "../processes.ts";

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
  const child = await start({ title: "the service", command: await buildCpp(source, "end-to-end"), args });
  const url = child.ready.replace("listening on ", "");
  const last = async (): Promise<Uint8Array<ArrayBuffer>> => {
    const response = await fetch(`${url}/last`);
    return new Uint8Array(await response.arrayBuffer());
  };
  return { url, last, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}
