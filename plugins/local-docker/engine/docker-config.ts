import type { Machine } from "./machine.ts";

/**
 * What this package reads of Docker's `config.json`.
 *
 * Source: https://docs.docker.com/reference/cli/docker/#configuration-files
 */
export interface DockerConfig {
  /** Name of the context in use. */
  currentContext?: string;
  /** Accounts by registry; `auth` is the Base64 of `user:password`. */
  auths?: Record<string, { auth?: string; identitytoken?: string; username?: string; password?: string }>;
  /** Program that keeps all accounts, without `docker-credential-`. */
  credsStore?: string;
  /** Programs that keep accounts, by registry. */
  credHelpers?: Record<string, string>;
}

/** Docker's own folder: `DOCKER_CONFIG`, or `.docker` in the user's. */
export function dockerFolder(machine: Machine): string | undefined {
  const home = machine.home();
  return machine.env("DOCKER_CONFIG") ?? (home && machine.join(home, ".docker"));
}

/** Docker's configuration; empty when there is none. */
export async function readDockerConfig(machine: Machine): Promise<DockerConfig> {
  const folder = dockerFolder(machine);
  const path = folder && machine.join(folder, "config.json");
  const text = path && await machine.readText(path);
  if (!text?.trim()) return {};
  try {
    const config = JSON.parse(text);
    if (typeof config === "object" && config !== null && !Array.isArray(config)) return config;
  } catch {
    // told below, without the parser's words, which quote secrets
  }
  throw new SyntaxError(
    `Cannot read ${path}: it is no JSON object; correct it or name the engine and account in the options`,
  );
}
