import { buildRouteMap } from "@stricli/core";
import { localDeleteCommand } from "./local/delete.ts";
import { localGcCommand } from "./local/gc.ts";
import { localLogsCommand } from "./local/logs.ts";
import { localLsCommand } from "./local/ls.ts";
import { localRunCommand } from "./local/run.ts";
import { localStartCommand, localStopCommand } from "./local/state.ts";

/** `pai local`: services in containers of this machine. Without one of its words it runs one. */
export const localCommands = buildRouteMap({
  routes: {
    run: localRunCommand,
    ls: localLsCommand,
    logs: localLogsCommand,
    stop: localStopCommand,
    start: localStartCommand,
    delete: localDeleteCommand,
    gc: localGcCommand,
  },
  defaultCommand: "run",
  docs: {
    brief: "Run a service in a container of this machine",
    fullDescription:
      `Runs what pai deploy would deploy in a container of this machine, by Docker, Podman or another engine that
speaks Docker's API. pai local is short for pai local run.

EXAMPLES
  pai local                              what pai.json or pai.yaml describes, until Ctrl-C
  pai local staging.yaml --detach        another file, in the background
  pai local ls                           what runs
  pai local gc                           removes what a process left that was killed`,
  },
});
