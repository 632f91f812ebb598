/** What is asked of the machine to find an engine and the accounts of registries. Nothing is asked before a call. */
export interface Machine {
  /** `linux`, `darwin`, `win32` … */
  readonly platform: string;
  /** An environment variable; an empty one counts as missing. */
  env(name: string): string | undefined;
  /** The user's folder. */
  home(): string | undefined;
  /** The user's number, where users have one. */
  uid(): number | undefined;
  /** Joins a path as the system does. */
  join(...parts: string[]): string;
  /** Reads a text file; `undefined` when there is none. */
  readText(path: string): Promise<string | undefined>;
  /** Whether something is at a path; `undefined` when that can't be told. */
  exists(path: string): Promise<boolean | undefined>;
  /** Runs a program with a text as its input, and returns what it prints. */
  run(program: string, args: string[], input: string, signal?: AbortSignal): Promise<Printed>;
}

/** What a program printed. */
export interface Printed {
  /** Its exit code; `undefined` when there is no such program. */
  status: number | undefined;
  /** Its output. */
  output: string;
}
