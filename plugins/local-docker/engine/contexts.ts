import { sha256 } from "@noble/hashes/sha2.js";
import { hex, utf8 } from "../../../core/encoding.ts";
import { dockerFolder } from "./docker-config.ts";
import { type Endpoint, type EngineTls, parseEndpoint } from "./endpoint.ts";
import type { Machine } from "./machine.ts";

/**
 * The place that a Docker context names, with its certificates. Contexts are in folders named by the digest of their
 * name.
 *
 * Source: https://docs.docker.com/engine/manage-resources/contexts/ and the files that `docker context create` writes
 *
 * @throws {TypeError} when there is no such context, or it names no engine or one that can't be reached from here.
 */
export async function contextEndpoint(machine: Machine, name: string): Promise<Endpoint> {
  const folder = dockerFolder(machine) ?? "";
  const id = hex(sha256(utf8(name)));
  const path = machine.join(folder, "contexts", "meta", id, "meta.json");
  const text = await machine.readText(path);
  if (text === undefined) {
    throw new TypeError(
      `Cannot use the Docker context "${name}": there is none; docker context ls shows those there are`,
    );
  }
  const { Host, SkipTLSVerify } = dockerIn(text) ?? {};
  if (typeof Host !== "string" || !Host) {
    throw new TypeError(`Cannot use the Docker context "${name}": ${path} names no engine`);
  }
  const tls = await certificates(machine, machine.join(folder, "contexts", "tls", id, "docker"));
  const skipVerify = SkipTLSVerify === true;
  return parseEndpoint(Host, tls || skipVerify ? { ...tls, ...(skipVerify && { skipVerify }) } : undefined);
}

/** The certificates of a folder, which Docker always names alike; `undefined` when there are none. */
export async function certificates(machine: Machine, folder: string): Promise<EngineTls | undefined> {
  const read = (name: string): Promise<string | undefined> => machine.readText(machine.join(folder, name));
  const [ca, cert, key] = await Promise.all([read("ca.pem"), read("cert.pem"), read("key.pem")]);
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function dockerIn(text: string): { Host?: unknown; SkipTLSVerify?: unknown } | undefined {
  try {
    return JSON.parse(text)?.Endpoints?.docker;
  } catch {
    return undefined;
  }
}
