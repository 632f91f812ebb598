import { path, short } from "./containers.ts";
import type { Engine, OperationOptions } from "./engine.ts";

/** What an engine calls the state of a container. */
export type ContainerStatus =
  | "created"
  | "running"
  | "paused"
  | "restarting"
  | "removing"
  | "exited"
  | "dead";

/** What a container is doing. */
export interface ContainerState {
  /** In the engine's words. */
  status: ContainerStatus;
  /** Whether its program runs. */
  running: boolean;
  /** How its program ended; 0 while it runs. */
  exitCode: number;
  /** Whether it was killed since it took more memory than it may. */
  oomKilled: boolean;
  /** Why it could not be started; empty when it could. */
  error: string;
  /** When its program began; `undefined` when it never has. */
  startedAt: Date | undefined;
  /** When its program ended; `undefined` when it has not. */
  finishedAt: Date | undefined;
}

/** What the image's own health check says. */
export interface ContainerHealth {
  /** The engine's judgement. */
  status: "starting" | "healthy" | "unhealthy";
  /** How often in a row it failed. */
  failingStreak: number;
  /** What the last checks printed, the newest last. */
  log: { exitCode: number; output: string }[];
}

/** A container, looked at. */
export interface ContainerInfo {
  /** Its id. */
  id: string;
  /** Its name, without the slash that engines put before it. */
  name: string;
  /** Name of its image, as it was asked for. */
  image: string;
  /** What it is doing. */
  state: ContainerState;
  /** What its health check says; `undefined` when it has none. */
  health: ContainerHealth | undefined;
  /** Port on the host by port of the container: `{ "8000/tcp": 49153 }`; `undefined` for one that is not published. */
  ports: Record<string, number | undefined>;
  /** Labels. */
  labels: Record<string, string>;
  /** Whether its output comes from a terminal, so that both streams are one. */
  tty: boolean;
  /** Volumes that are mounted: name by path in the container. */
  volumes: Record<string, string>;
}

/**
 * Looks at a container, by its id or name.
 *
 * @throws {DockerError} `NOT_FOUND` when there is none.
 */
export async function inspectContainer(
  engine: Engine,
  id: string,
  options?: OperationOptions,
): Promise<ContainerInfo> {
  const what = `Cannot look at the container ${short(id)}`;
  const response = await engine.call("GET", `${path(id)}/json`, { what, ...options });
  return containerInfo(await response.json());
}

/** Reads the engine's answer; engines leave out what is empty. */
export function containerInfo(answer: unknown): ContainerInfo {
  const { Id, Name = "", Config, State, NetworkSettings, Mounts } = Object(answer);
  const { Status, Running, ExitCode, OOMKilled, Error: error, StartedAt, FinishedAt, Health, Healthcheck } =
    Object(State);
  const { Image = "", Labels, Tty } = Object(Config);
  return {
    id: Id,
    name: Name.replace(/^\//, ""),
    image: Image,
    state: {
      status: Status,
      running: !!Running,
      exitCode: ExitCode ?? 0,
      oomKilled: !!OOMKilled,
      error: error ?? "",
      startedAt: instant(StartedAt),
      finishedAt: instant(FinishedAt),
    },
    health: health(Health ?? Healthcheck), // Podman's name for it
    ports: publishedPorts(Object(NetworkSettings).Ports),
    labels: { ...Labels },
    tty: !!Tty,
    volumes: Object.fromEntries(
      (Array.isArray(Mounts) ? Mounts : []).filter(({ Type }) => Type === "volume")
        .map(({ Destination, Name }) => [Destination, Name]),
    ),
  };
}

/** Engines write the year 1 for never. */
function instant(text: unknown): Date | undefined {
  const date = new Date(typeof text === "string" ? text : NaN);
  return date.getTime() > 0 ? date : undefined;
}

function health(found: unknown): ContainerHealth | undefined {
  const { Status, FailingStreak, Log } = Object(found);
  if (Status !== "starting" && Status !== "healthy" && Status !== "unhealthy") return undefined; // also "none"
  const log = Array.isArray(Log) ? Log : [];
  return {
    status: Status,
    failingStreak: FailingStreak ?? 0,
    log: log.map(({ ExitCode, Output }) => ({ exitCode: ExitCode ?? 0, output: Output ?? "" })),
  };
}

function publishedPorts(found: unknown): Record<string, number | undefined> {
  const entries = Object.entries(Object(found) as Record<string, unknown>).map(([port, bindings]) => {
    const number = Number(Array.isArray(bindings) ? Object(bindings[0]).HostPort : NaN);
    return [port, number > 0 ? number : undefined] as const;
  });
  return Object.fromEntries(entries);
}
