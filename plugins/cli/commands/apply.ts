import { describeService } from "../../../core/eas-service.ts";
import { apply } from "../../deploy/mod.ts";
import { serviceDocument, serviceFields } from "../describe.ts";
import { keepFlag, waitFlag } from "../flags.ts";
import { serviceCommand } from "../service-command.ts";
import type { ServiceFlags } from "../service-flags.ts";

interface Flags extends ServiceFlags {
  /** Whether to wait until it answers. */
  readonly wait: boolean;
  /** Keeps a new service that failed. */
  readonly keep?: boolean;
}

/** `pai apply`: a service as it should be, new or not. */
export const applyCommand = serviceCommand<Flags>({
  brief: "Make a service be as a file says",
  description:
    "Creates or changes a service so that it is as pai.json or pai.yaml or flags describe; a second run does\n" +
    "nothing. Files are uploaded unless they are there already. A service that was there is never deleted.",
  examples: [
    ["", "What pai.json or pai.yaml describes"],
    ["production.yaml --json", "Another file; tells what was done as JSON"],
    ["--instances 4", "With one thing changed"],
  ],
  flags: { wait: waitFlag("Wait until it answers"), keep: keepFlag },
  takesBack: true,
  async run({ io: { signal }, print }, { wait, keep = false }, { connection, target, model, options }) {
    const { service, plan } = await apply(target, model, { ...options, wait, cleanupOnFailure: !keep });
    const document = serviceDocument(await describeService(connection.client, service.name, { signal }));
    print.fields({ plan, service: document }, [["action", plan.action], ...serviceFields(document)]);
  },
});
