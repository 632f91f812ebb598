import { type Application, buildApplication, buildRouteMap } from "@stricli/core";
import { VERSION } from "../../core/version.ts";
import { applyCommand } from "./commands/apply.ts";
import { deleteCommand } from "./commands/delete.ts";
import { deployCommand } from "./commands/deploy.ts";
import { emulatorCommand } from "./commands/emulator.ts";
import { getCommand } from "./commands/get.ts";
import { localCommands } from "./commands/local.ts";
import { logsCommand } from "./commands/logs.ts";
import { lsCommand } from "./commands/ls.ts";
import { planCommand } from "./commands/plan.ts";
import { predictCommand } from "./commands/predict.ts";
import { startCommand } from "./commands/start.ts";
import { stopCommand } from "./commands/stop.ts";
import type { Context } from "./context.ts";

/** The commands by name, in the order of help. */
export const commands = {
  deploy: deployCommand,
  plan: planCommand,
  apply: applyCommand,
  ls: lsCommand,
  get: getCommand,
  start: startCommand,
  stop: stopCommand,
  delete: deleteCommand,
  logs: logsCommand,
  predict: predictCommand,
  local: localCommands,
  emulator: emulatorCommand,
};

const description = `Deploys models to Alibaba Cloud PAI-EAS and calls them.

EXAMPLES
  pai emulator                                  a small Alibaba Cloud on this machine, to try all of it
  pai deploy --name iris --model ./model --processor xgboost --instance-type ecs.c6.large
  pai predict iris '[[5.1, 3.5, 1.4, 0.2]]'
  pai local --image app:1 --command 'python app.py'   the same in a container of this machine, before it is deployed

Access keys come from ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET or from a profile in
~/.aliyun/config.json or ~/.alibabacloud/credentials.ini, never from the command line.

Exit codes: 0 done, 1 failed, 2 wrong command line, 3 not found, 4 conflict, 5 not allowed, 6 time is up,
7 wrong configuration, 8 the service or server failed, 9 differences (plan --exit-code), 130 Ctrl-C`;

/** The command line as stricli runs it. */
export function application(): Application<Context> {
  const brief = "Deploys models to Alibaba Cloud PAI-EAS and calls them";
  const routes = buildRouteMap({ routes: commands, docs: { brief, fullDescription: description } });
  return buildApplication(routes, {
    name: "pai",
    versionInfo: { currentVersion: VERSION },
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    documentation: { caseStyle: "convert-camel-to-kebab", onlyRequiredInUsageLine: true },
  });
}
