import { command } from "../command.ts";
import { connect } from "../connect.ts";
import { printService } from "../describe.ts";
import { type ConnectionFlags, connectionFlags, serviceArgument } from "../flags.ts";

interface Flags extends ConnectionFlags {
  /** Prints the token too. */
  readonly showToken?: boolean;
}

/** `pai get`: one service. */
export const getCommand = command<Flags, [name: string]>({
  brief: "Show a service",
  description: "Shows a service; with --json its whole configuration too, in which secrets are masked.",
  examples: [
    ["iris", "State, address and instances"],
    ["iris --json", "The same and the configuration, as JSON"],
    ["iris --show-token", "And the token that callers of the service need"],
  ],
  flags: {
    ...connectionFlags,
    showToken: { kind: "boolean", optional: true, withNegated: false, brief: "Show the service's token" },
  },
  args: [serviceArgument],
  async run(tools, flags, name) {
    await printService(tools, await connect(tools, flags), name, flags);
  },
});
