import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type CliProcess, main } from "../../plugins/cli/mod.ts";
import { type Emulator, emulator, type EmulatorOptions } from "../../plugins/emulator/mod.ts";

/** What a command line left behind. */
export interface Ran {
  /** Exit code. */
  code: number;
  /** Standard output. */
  out: string;
  /** Standard error. */
  err: string;
}

/** What a test gives a command besides its arguments. */
export interface RunOptions {
  /** Standard input. */
  stdin?: string | Uint8Array;
  /** Which streams are a terminal. */
  tty?: ("stdin" | "stdout" | "stderr")[];
  /** More variables. */
  env?: Record<string, string>;
  /** Cancels it. */
  signal?: AbortSignal;
  /** Hears of what is written on standard error, as it is written. */
  onError?: (text: string) => void;
  /** Hears of what is written on standard output, as it is written. */
  onOutput?: (text: string) => void;
}

/** A folder, an emulator, and `pai` run in this process as often as a test wants. */
export interface Shell {
  /** Runs one command line. */
  pai(args: string[], options?: RunOptions): Promise<Ran>;
  /** The folder that it runs in, which is the user's folder too. */
  folder: string;
  /** What it calls. */
  cloud: Emulator;
}

/** The variables that lead to the emulator. */
export const emulatorEnv = {
  ALIBABA_CLOUD_REGION_ID: "cn-hangzhou",
  ALIBABA_CLOUD_ACCESS_KEY_ID: "emulatorAccessKeyId",
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: "emulatorAccessKeySecret",
  PAI_OSS_BUCKET: "emulator-bucket",
};

/** Delays that tests need not wait for. */
const noDelays = { create: 0, start: 0, stop: 0, delete: 0, gateway: 0 };

/** Runs a test in a folder of its own with these files. */
export async function inShell(
  files: Record<string, string | Uint8Array>,
  use: (shell: Shell) => Promise<void>,
  options: EmulatorOptions & { fetch?: CliProcess["fetch"] } = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "pai-"));
  const cloud = emulator({ delays: noDelays, ...options });
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    const fetch = options.fetch ?? cloud.fetch;
    await use({ folder, cloud, pai: (args, options) => run(args, { folder, fetch, ...options }) });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function run(
  args: string[],
  { folder, fetch, stdin = "", tty = [], env = {}, signal, onError, onOutput }: RunOptions & {
    folder: string;
    fetch: CliProcess["fetch"];
  },
): Promise<Ran> {
  const written: { out: (string | Uint8Array)[]; err: string[] } = { out: [], err: [] };
  const code = await main(args, {
    stdin: {
      isTTY: tty.includes("stdin"),
      async *[Symbol.asyncIterator]() {
        yield typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
      },
    },
    stdout: {
      isTTY: tty.includes("stdout"),
      write(chunk) {
        written.out.push(chunk);
        onOutput?.(String(chunk));
      },
    },
    stderr: {
      isTTY: tty.includes("stderr"),
      columns: 60,
      write(chunk) {
        written.err.push(String(chunk));
        onError?.(String(chunk));
      },
    },
    env: { HOME: folder, ...emulatorEnv, ...env },
    cwd: folder,
    signal: signal ?? new AbortController().signal,
    fetch,
  });
  const out = await new Blob(written.out as BlobPart[]).text();
  return { code, out, err: written.err.join("") };
}
