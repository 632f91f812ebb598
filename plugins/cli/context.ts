import type { CommandContext } from "@stricli/core";
import type { Clock } from "../../core/clock.ts";
import type { Fetch } from "../../core/fetch.ts";

/** Where text goes: a terminal, a pipe or a file. */
export interface CliOutput {
  /** Writes text, or the bytes of an answer that is none. */
  write(chunk: string | Uint8Array): unknown;
  /** Whether people see it as it is written. @default {false} */
  isTTY?: boolean;
  /** Width of the terminal. @default {80} */
  columns?: number;
}

/** Where input comes from. */
export interface CliInput extends AsyncIterable<Uint8Array | string> {
  /** Whether a person is at the other end. @default {false} */
  isTTY?: boolean;
}

/** What the command line has of its process; nothing else is read, so that a test is a process too. */
export interface CliProcess {
  /** Input: the data of a prediction, and answers to questions. */
  stdin: CliInput;
  /** Results and nothing else. */
  stdout: CliOutput;
  /** Progress, warnings, questions and errors. */
  stderr: CliOutput;
  /** Environment variables, read by name. */
  env: Readonly<Record<string, string | undefined>>;
  /** Folder that paths are relative to. */
  cwd: string;
  /** Cancels the command; an {@linkcode Interrupt} as its reason tells the exit code. */
  signal: AbortSignal;
  /** Sends requests. @default {globalThis.fetch} */
  fetch?: Fetch;
  /** Tells the time. @default {the system's} */
  clock?: Clock;
}

/** The reason of a signal that a user or the system has sent. */
export class Interrupt extends Error {
  /** What the process exits with: 130 for Ctrl-C, 143 for a request to end. */
  readonly exitCode: number;

  /** Makes the reason for one signal. */
  constructor(exitCode: 130 | 143 = 130) {
    super(exitCode === 130 ? "interrupted" : "asked to end");
    this.exitCode = exitCode;
  }

  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "Interrupt";
  }
}

/** What a command runs with. */
export interface Context extends CommandContext {
  /** The process. */
  readonly io: CliProcess;
  /** What the command ends with: an error, or an exit code that is no failure of its own. */
  outcome?: { error: unknown; json: boolean } | { exitCode: number };
}
