import { command } from "../../command.ts";
import { type OutputFlags, outputFlags } from "../../flags.ts";
import { type EngineFlags, engineFlags, openEngine } from "../../local-engine.ts";

interface Flags extends OutputFlags, EngineFlags {
  /** Removes what is in use, too. */
  readonly all?: boolean;
  /** Removes nothing. */
  readonly dryRun?: boolean;
}

/** `pai local gc`: what processes left that were killed. */
export const localGcCommand = command<Flags, []>({
  brief: "Remove what processes left that were killed",
  description:
    "Removes containers and volumes whose process is dead, but no service that still runs after\n" +
    "its program has ended in order, as --detach leaves it. With --all it removes these too, and whatever else\n" +
    "carries the labels of this package.",
  examples: [["--dry-run", "What would be removed"], ["--all", "Services that run, too"]],
  flags: {
    ...outputFlags,
    ...engineFlags,
    all: { kind: "boolean", optional: true, withNegated: false, brief: "Remove what runs, too" },
    dryRun: {
      kind: "boolean",
      optional: true,
      withNegated: false,
      brief: "Remove nothing, and tell what would be",
    },
  },
  args: [],
  async run({ io: { signal }, print }, { all = false, dryRun, ...flags }) {
    const engine = await openEngine(flags);
    const removed = await engine.gc({ all, dryRun, keepRunning: !all, signal });
    const { containers, volumes } = removed;
    print.rows(removed, ["KIND", "NAME", "SERVICE"], [
      ...containers.map(({ name, service }) => ["container", name, service]),
      ...volumes.map(({ name, service }) => ["volume", name, service]),
    ]);
  },
});
