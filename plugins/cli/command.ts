import {
  buildCommand,
  type Command,
  type FlagParametersForType,
  type TypedPositionalParameter,
} from "@stricli/core";
import type { CliProcess, Context } from "./context.ts";
import type { OutputFlags } from "./flags.ts";
import { type Printer, printerOf } from "./printer.ts";
import { type Progress, progressOf } from "./progress.ts";

/** What a command works with. */
export interface Tools {
  /** The process. */
  readonly io: CliProcess;
  /** Prints results. */
  readonly print: Printer;
  /** Tells what is going on. */
  readonly progress: Progress;
}

/** What a command is. */
export interface CommandSpec<Flags extends OutputFlags, Args extends readonly unknown[]> {
  /** One line for the list of commands. */
  brief: string;
  /** More for its help. */
  description: string;
  /** What follows the command's name, and what that does: the first things that help shows. */
  examples: readonly (readonly [line: string, brief: string])[];
  /** Flags. */
  flags: FlagParametersForType<Flags, Context>;
  /** One letter for a flag. */
  aliases?: Readonly<Partial<Record<"f" | "n" | "q" | "y", keyof Flags & string>>>;
  /** Arguments. */
  args: { readonly [K in keyof Args]-?: TypedPositionalParameter<Args[K], Context> };
  /** Runs it; a number that it returns is the exit code. */
  run(tools: Tools, flags: Flags, ...args: Args): Promise<number | void>;
}

/** Makes a command whose errors end in its {@linkcode Context}, so that one place reports them all. */
export function command<Flags extends OutputFlags, Args extends readonly unknown[]>(
  spec: CommandSpec<Flags, Args>,
): Command<Context> {
  const parameters: readonly { placeholder?: string; optional?: boolean }[] = spec.args;
  const words = parameters.map(({ placeholder, optional }) =>
    optional ? `[${placeholder}]` : `<${placeholder}>`
  );
  return buildCommand<Flags, Args, Context>({
    docs: {
      brief: spec.brief,
      fullDescription: spec.description,
      customUsage: [
        ["[flags]", ...words].join(" "),
        ...spec.examples.map(([input, brief]) => ({ input, brief })),
      ],
    },
    parameters: {
      flags: spec.flags,
      ...(spec.aliases && { aliases: spec.aliases }),
      positional: { kind: "tuple", parameters: spec.args },
    } as never, // what the compiler can't tell of flags that are a type parameter
    async func(this: Context, flags: Flags, ...args: Args): Promise<void> {
      const { io } = this;
      const progress = progressOf(io, flags);
      try {
        const exitCode = await spec.run(
          { io, progress, print: printerOf(io, flags, progress) },
          flags,
          ...args,
        );
        this.outcome = { exitCode: exitCode ?? 0 };
      } catch (error) {
        progress.clear();
        this.outcome = { error, json: Boolean(flags.json) };
      }
    },
  });
}
