import { TimeoutError } from "../../../core/errors.ts";
import { bounded } from "../../../core/timeout.ts";
import type { Engine } from "../engine/engine.ts";

/**
 * Runs a command in a container and resolves to what it returned, or to `undefined` when it takes longer than `timeout`
 * milliseconds; it may go on in the container then.
 *
 * Source: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Exec.
 *
 * @throws {DockerError} when the engine refuses, as it does when the container does not run.
 */
export async function execInContainer(
  engine: Engine,
  id: string,
  command: readonly string[],
  { timeout, signal }: { timeout: number; signal?: AbortSignal },
): Promise<number | undefined> {
  const what = "Cannot run the command of a check";
  try {
    return await bounded(what, timeout, signal, async (signal) => {
      const created = await engine.call("POST", `/containers/${encodeURIComponent(id)}/exec`, {
        json: { Cmd: command, AttachStdout: true, AttachStderr: true },
        signal,
        what,
      });
      const { Id } = await created.json();
      const started = await engine.call("POST", `/exec/${Id}/start`, {
        json: { Detach: false, Tty: false },
        signal,
        what,
      });
      await started.arrayBuffer(); // until it has ended
      const ended = await engine.call("GET", `/exec/${Id}/json`, { signal, what });
      return (await ended.json()).ExitCode;
    });
  } catch (error) {
    if (error instanceof TimeoutError && !signal?.aborted) return undefined;
    throw error;
  }
}
