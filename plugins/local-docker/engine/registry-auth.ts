import { base64, utf8 } from "../../../core/encoding.ts";
import { DockerError } from "./docker-error.ts";
import { type DockerConfig, readDockerConfig } from "./docker-config.ts";
import { parseReference } from "./image-reference.ts";
import type { Machine } from "./machine.ts";

/** An account at a registry. */
export interface RegistryAuth {
  /** Name of the user. */
  username?: string;
  /** Password or access token. */
  password?: string;
  /** Token that stands for both. */
  identityToken?: string;
  /** Host of the registry. */
  serverAddress?: string;
}

/** Docker's own name for its registry, among accounts. */
const dockerHub = "https://index.docker.io/v1/";

/** Value of the header `X-Registry-Auth`: Base64 of JSON, in the alphabet of URLs. */
export function authHeader(auth: RegistryAuth): string {
  const { username, password, identityToken: identitytoken, serverAddress: serveraddress } = auth;
  const text = JSON.stringify({ username, password, identitytoken, serveraddress });
  return base64(utf8(text)).replaceAll("+", "-").replaceAll("/", "_");
}

/**
 * The account of a service's `dockerAuth`: Base64 of `user:password`.
 *
 * @throws {TypeError} when it is something else; the message doesn't show it.
 */
export function fromDockerAuth(dockerAuth: string): RegistryAuth {
  const { username, password } = decode(dockerAuth) ?? {};
  if (username) return { username, password };
  throw new TypeError("Cannot use `dockerAuth`: it is not the Base64 of user:password");
}

/**
 * The account that this user has at an image's registry, from Docker's configuration; `undefined` when there is none.
 * Runs the program that keeps accounts when there is one.
 *
 * Source: https://docs.docker.com/reference/cli/docker/login/#credential-stores
 *
 * @throws {DockerError} `REGISTRY_AUTH` when that program is not there.
 */
export async function registryAuth(
  machine: Machine,
  reference: string,
  signal?: AbortSignal,
): Promise<RegistryAuth | undefined> {
  const { registry } = parseReference(reference);
  const server = registry === "docker.io" ? dockerHub : registry;
  const config = await readDockerConfig(machine);
  const helper = config.credHelpers?.[registry] ?? config.credHelpers?.[server] ?? config.credsStore;
  const kept = helper ? await fromHelper(machine, helper, server, signal) : undefined;
  return kept ?? fromFile(config, server);
}

async function fromHelper(
  machine: Machine,
  helper: string,
  server: string,
  signal: AbortSignal | undefined,
): Promise<RegistryAuth | undefined> {
  const program = `docker-credential-${helper}`;
  const refuse = (why: string): DockerError =>
    new DockerError(
      `Cannot get the account at ${server}: ${why}; see credsStore and credHelpers in Docker's config.json`,
      {
        code: "REGISTRY_AUTH",
      },
    );
  if (!/^[\w.-]+$/.test(helper)) throw refuse(`"${helper}" is no name of a program`);
  const { status, output } = await machine.run(program, ["get"], server, signal);
  if (status === undefined) throw refuse(`there is no program ${program}`);
  if (status !== 0) return undefined; // it has none for this registry, which it says in many ways
  try {
    const { Username, Secret } = JSON.parse(output);
    if (typeof Username !== "string" || typeof Secret !== "string" || !Secret) return undefined;
    if (Username === "<token>") return { identityToken: Secret, serverAddress: server };
    return { username: Username, password: Secret, serverAddress: server };
  } catch {
    throw refuse(`${program} printed no JSON`);
  }
}

function fromFile({ auths = {} }: DockerConfig, server: string): RegistryAuth | undefined {
  const entry = auths[server] ??
    Object.entries(auths).find(([name]) => hostOf(name) === hostOf(server))?.[1];
  if (!entry) return undefined;
  const { identitytoken: identityToken, auth } = entry;
  if (identityToken) return { identityToken, serverAddress: server };
  const { username, password } = (auth ? decode(auth) : undefined) ?? entry;
  return username ? { username, password, serverAddress: server } : undefined;
}

/** Files name registries with and without a scheme and a path. */
function hostOf(name: string): string {
  return name.replace(/^https?:\/\//, "").replace(/\/.*$/, "").toLowerCase();
}

function decode(text: string): { username: string; password: string } | undefined {
  try {
    const bytes = Uint8Array.from(atob(text.trim()), (char) => char.charCodeAt(0));
    const [, username, password] = /^([^:]+):(.*?)\0*$/s.exec(new TextDecoder().decode(bytes)) ?? [];
    return username === undefined || password === undefined ? undefined : { username, password };
  } catch {
    return undefined;
  }
}
