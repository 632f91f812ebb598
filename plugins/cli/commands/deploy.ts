import { printService } from "../describe.ts";
import { keepFlag, waitFlag } from "../flags.ts";
import { serviceCommand } from "../service-command.ts";
import type { ServiceFlags } from "../service-flags.ts";

interface Flags extends ServiceFlags {
  /** Whether to wait until it answers. */
  readonly wait: boolean;
  /** Keeps what a deployment made that failed. */
  readonly keep?: boolean;
}

/** `pai deploy`: a new service. */
export const deployCommand = serviceCommand<Flags>({
  brief: "Deploy a model as a new service",
  description:
    "Deploys what pai.json or pai.yaml in this folder describes, or flags do, as a new service, and waits\n" +
    "until it answers. What fails or is cancelled is taken back.",
  examples: [
    ["", "What pai.json or pai.yaml describes"],
    ["staging.yaml --instances 2", "Another file; flags overrule it"],
    ["--name iris --model model.json --processor xgboost --instance-type ecs.c6.large", "Without a file"],
    [
      "--name app --image registry/app:1 --command 'python app.py' --instance-type ecs.c6.large",
      "A container",
    ],
  ],
  flags: { wait: waitFlag("Wait until it answers"), keep: keepFlag },
  takesBack: true,
  async run(tools, { wait, keep = false }, { connection, target, model, options }) {
    const service = await model.deploy(target, { ...options, wait, cleanupOnFailure: !keep });
    await printService(tools, connection, service.name);
  },
});
