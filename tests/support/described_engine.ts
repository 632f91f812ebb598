import { DockerError } from "../../plugins/local-docker/engine/docker-error.ts";
import type { CallOptions, Engine } from "../../plugins/local-docker/engine/engine.ts";

/** What a container of {@linkcode describedEngine} looks like, in the engine's own words. */
export interface DescribedContainer {
  /** Its `State`, or `undefined` when it is gone. */
  state: Record<string, unknown> | undefined;
  /** What it printed. */
  printed: string[];
  /** What the next command in it returns. */
  exec: () => number;
}

/** A container that runs since a time. */
export function runningSince(time: number, more: Partial<DescribedContainer> = {}): DescribedContainer {
  const state = { Status: "running", Running: true, StartedAt: new Date(time).toISOString() };
  return { state, printed: [], exec: () => 0, ...more };
}

/** An engine with one container, as a test describes it at each moment. For times only: the real one proves the rest. */
export function describedEngine(
  container: () => DescribedContainer,
  ports: Record<string, { HostPort: string }[]> = {},
): Engine & { calls: string[] } {
  const calls: string[] = [];
  const answers: [RegExp, () => Response][] = [
    [/^POST .*\/exec$/, () => Response.json({ Id: "exec" })],
    [/^POST \/exec\/exec\/start$/, () => new Response("")],
    [/^GET \/exec\/exec\/json$/, () => Response.json({ ExitCode: container().exec() })],
    [/^GET .*\/logs$/, () => new Response(container().printed.map(frame).join(""))],
    [/^GET .*\/json$/, () => {
      const { state: State } = container();
      if (!State) throw new DockerError("Cannot look: no such container", { code: "NOT_FOUND", status: 404 });
      return Response.json({ Id: "c".repeat(64), State, NetworkSettings: { Ports: ports } });
    }],
  ];
  return {
    calls,
    address: "unix:///fake.sock",
    isLocal: true,
    host: "127.0.0.1",
    apiVersion: "1.41",
    kind: "docker",
    // deno-lint-ignore require-await -- an engine's refusals are rejections
    async call(method: string, path: string, { signal }: CallOptions = {}): Promise<Response> {
      signal?.throwIfAborted();
      calls.push(`${method} ${path}`);
      const [, answer] = answers.find(([pattern]) => pattern.test(`${method} ${path}`)) ?? [];
      if (!answer) throw new Error(`the fake engine knows no ${method} ${path}`);
      return answer();
    },
  };
}

/** A line as engines send it, with its time: a header of eight bytes before it. */
function frame(line: string): string {
  const text = `2024-01-01T00:00:00.000000000Z ${line}\n`;
  return `\x01\0\0\0\0\0\0${String.fromCharCode(text.length)}${text}`;
}
