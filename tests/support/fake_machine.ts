import type { Machine, Printed } from "../../plugins/local-docker/engine/machine.ts";

/** What a {@linkcode fakeMachine machine} is made of. */
export interface MachineParts {
  platform?: string;
  env?: Record<string, string | undefined>;
  home?: string;
  uid?: number;
  /** Texts by path; whatever else is asked for is not there. */
  files?: Record<string, string>;
  /** What programs print. */
  run?: (program: string, args: string[], input: string) => Printed;
}

/** A machine that is not there. */
export function fakeMachine(parts: MachineParts = {}): Machine {
  const { platform = "linux", env = {}, home = "/u", uid = 1000, files = {}, run } = parts;
  return {
    platform,
    env: (name) => env[name] || undefined,
    home: () => home,
    uid: () => uid,
    join: (...parts) => parts.join("/"),
    readText: (path) => Promise.resolve(files[path]),
    exists: (path) => Promise.resolve(path in files),
    run: (program, args, input) =>
      Promise.resolve(run?.(program, args, input) ?? { status: undefined, output: "" }),
  };
}
