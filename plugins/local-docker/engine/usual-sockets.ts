import type { Machine } from "./machine.ts";

/** A socket that an engine makes. */
export interface UsualSocket {
  /** Its address. */
  path: string;
  /** Whose it is. */
  source: string;
}

/**
 * Sockets of the engines that people have, in the order in which they are tried: the system's first, then those of the
 * user's own engine, then Podman's.
 *
 * Sources: https://docs.docker.com/engine/security/rootless/, https://docs.docker.com/desktop/, and the documentation of
 * Colima, OrbStack, Rancher Desktop, Lima and Podman.
 */
export function usualSockets(machine: Machine): UsualSocket[] {
  if (machine.platform === "win32") return pipes;
  const home = machine.home();
  const runtime = machine.env("XDG_RUNTIME_DIR") ?? defaultRuntime(machine);
  const isMac = machine.platform === "darwin";
  const inHome = (source: string, ...parts: string[]): [string | undefined, string] => [
    home && machine.join(home, ...parts),
    source,
  ];
  const inRuntime = (source: string, ...parts: string[]): [string | undefined, string] => [
    runtime && machine.join(runtime, ...parts),
    source,
  ];
  const places: [path: string | undefined, source: string][] = [
    ["/var/run/docker.sock", "Docker"],
    inRuntime("rootless Docker", "docker.sock"),
    inHome("Docker Desktop", ".docker", "run", "docker.sock"),
    inHome("Docker Desktop", ".docker", "desktop", "docker.sock"),
    inHome("Colima", ".colima", "default", "docker.sock"),
    inHome("Colima", ".config", "colima", "default", "docker.sock"),
    ...(isMac ? [inHome("OrbStack", ".orbstack", "run", "docker.sock")] : []),
    inHome("Rancher Desktop", ".rd", "docker.sock"),
    inHome("Lima", ".lima", "docker", "sock", "docker.sock"),
    inHome("Lima", ".lima", "default", "sock", "docker.sock"),
    inRuntime("rootless Podman", "podman", "podman.sock"),
    ["/run/podman/podman.sock", "Podman"],
    ...(isMac
      ? [inHome("Podman machine", ".local", "share", "containers", "podman", "machine", "podman.sock")]
      : []),
  ];
  const found = places.filter((place): place is [string, string] => !!place[0]);
  return found.map(([path, source]) => ({ path: `unix://${path}`, source }));
}

const pipes: UsualSocket[] = [
  { path: "npipe:////./pipe/docker_engine", source: "Docker" },
  { path: "npipe:////./pipe/dockerDesktopLinuxEngine", source: "Docker Desktop" },
  { path: "npipe:////./pipe/podman-machine-default", source: "Podman machine" },
];

/** Where systemd puts it, for programs that run outside a session. */
function defaultRuntime(machine: Machine): string | undefined {
  const uid = machine.uid();
  return machine.platform === "linux" && uid ? `/run/user/${uid}` : undefined;
}
