import type { ContainerInfo } from "../engine/inspect-container.ts";
import type { Failure } from "../failure/explain.ts";

/** Why a container will not come to run by itself, or `undefined` when it may. One that is gone is `undefined`. */
export function endOf(
  info: ContainerInfo | undefined,
): Pick<Failure, "code" | "state" | "mend"> | undefined {
  if (!info) return { code: "ContainerGone", state: "its container is gone", mend: "deploy it again" };
  const { status, exitCode, oomKilled, error, startedAt } = info.state;
  switch (status) {
    case "running":
      return undefined;
    case "paused":
      return {
        code: "ContainerPaused",
        state: "its container is paused",
        mend: `let it go on: docker unpause ${info.id.slice(0, 12)}`,
      };
    case "removing":
      return { code: "ContainerGone", state: "its container is being removed", mend: "deploy it again" };
    case "created":
      return startedAt || error ? ended(`its container could not be started${error && ` (${error})`}`) : {
        code: "ContainerExited",
        state: "its container was not started",
        mend: "start it with start()",
      };
    default: // exited, dead, or restarting after its end
      return ended(
        oomKilled
          ? `its container was killed for its memory (exit code ${exitCode})`
          : `its container ended with exit code ${exitCode}`,
      );
  }
}

function ended(state: string): Pick<Failure, "code" | "state"> {
  return { code: "ContainerExited", state };
}
