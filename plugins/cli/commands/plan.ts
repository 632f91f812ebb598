import { plan } from "../../deploy/mod.ts";
import { exitCodes } from "../exit-codes.ts";
import { serviceCommand } from "../service-command.ts";
import type { ServiceFlags } from "../service-flags.ts";

interface Flags extends ServiceFlags {
  /** Tells by the exit code whether there is something to do. */
  readonly exitCode?: boolean;
}

/** `pai plan`: what `pai apply` would do. */
export const planCommand = serviceCommand<Flags>({
  brief: "Show what apply would change",
  description:
    "Compares what pai.json or pai.yaml or flags describe with the service that runs, and does nothing else:\n" +
    "what would change, which changes restart instances, and what would be uploaded.",
  examples: [
    ["", "For people"],
    ["--json", "For programs"],
    ["--exit-code --quiet", "Exits with 9 when there is something to do"],
  ],
  flags: {
    exitCode: {
      kind: "boolean",
      optional: true,
      withNegated: false,
      brief: "Exit with 9 when there is something to do",
    },
  },
  async run({ print }, { exitCode }, { target, model, options }) {
    const found = await plan(target, model, options);
    print.result(found, () => `${found}\n`);
    const differs = found.action !== "none" || found.uploads.some(({ present }) => !present);
    return exitCode && differs ? exitCodes.differences : exitCodes.ok;
  },
});
