import type { Clock } from "../../core/clock.ts";
import type { Fetch } from "../../core/fetch.ts";

/** What credentials and configuration are read from, so that tests and command lines can bring their own. */
export interface SystemOptions {
  /** Environment variables, read by name. @default {those of this process} */
  env?: Readonly<Record<string, string | undefined>>;
  /** The user's folder. @default {what the system says, which is `HOME` on most} */
  home?: string;
  /** Reads a text file; `undefined` when there is none. @default {reads the disk} */
  readFile?: (path: string) => Promise<string | undefined>;
  /** Asks STS, the instance or a credentials service. @default {globalThis.fetch} */
  fetch?: Fetch;
  /** Tells when credentials end. @default {the system's} */
  clock?: Clock;
  /** Hears of what works but shouldn't stay so: a file with secrets that other users may read. @default {nobody} */
  onWarning?: (message: string) => void;
}

/** The system that is asked, complete. */
export interface System {
  /** An environment variable; an empty one counts as missing. */
  env(name: string): string | undefined;
  /** Path of a file below the user's folder. */
  inHome(path: string): string;
  /** Reads a text file; `undefined` when there is none. */
  read(path: string): Promise<string | undefined>;
  /** Reads a file that holds secrets: warns when others may read it too. */
  readSecret(path: string): Promise<string | undefined>;
  /** Sends requests. */
  readonly fetch: Fetch;
  /** Tells the time. */
  readonly clock: Clock;
  /** Tells the user. */
  warn(message: string): void;
}
