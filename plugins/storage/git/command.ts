import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { PaiError } from "../../../core/errors.ts";
import { redact } from "../../../core/redact.ts";
import { gitError } from "./repo.ts";

/** How to run Git. */
export interface GitCommand {
  /** Beginning of the errors' message. */
  what: string;
  /** The program. */
  git: string;
  /** Where to run it. */
  cwd: string;
  /** Settings that overrule all others; they may hold secrets. */
  settings: Readonly<Record<string, string>>;
  /** What no message may show. */
  secrets: readonly (string | undefined)[];
  /** Ends the program. */
  signal: AbortSignal;
}

// Of what Git says; more is of no use in a message.
const longestOutput = 100_000;

/**
 * Runs Git and returns what it prints. It never asks anybody, and its process and those that it started end with the
 * signal.
 *
 * @throws {PaiError} with the code `GitMissing` when there is no such program, or with what Git said.
 */
export async function runGit(command: GitCommand, args: string[]): Promise<string> {
  const { what, git, cwd, settings, secrets, signal } = command;
  signal.throwIfAborted();
  const child = spawn(git, args, {
    cwd,
    env: { ...environment(), ...settingsAsEnvironment(settings) },
    stdio: ["ignore", "pipe", "pipe"],
    detached: process.platform !== "win32", // its own group, to end as one, and no terminal where it could ask
    windowsHide: true,
  });
  const stop = (): void => end(child);
  signal.addEventListener("abort", stop);
  try {
    const { status, output, said } = await finished(child);
    signal.throwIfAborted();
    if (status === 0) return output;
    throw gitError(what, redact(said, secrets));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PaiError) throw error;
    const missing = Object(error).code === "ENOENT";
    const reason = missing
      ? `there is no program "${git}"; install Git 2.31 or later`
      : `git could not be run (${error})`;
    throw new PaiError(`${what}: ${redact(reason, secrets)}`, { code: missing ? "GitMissing" : "GitFailed" });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** This process's own environment without what would make Git ask, tell secrets or work elsewhere. */
function environment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name, value]) =>
    value !== undefined && (!name.startsWith("GIT_") || /^GIT_(SSH|SSL|HTTP|PROXY|EXEC_PATH)/.test(name))
  );
  return {
    ...Object.fromEntries(kept) as Record<string, string>, // those without a value are filtered out
    GIT_ASKPASS: "",
    GIT_TERMINAL_PROMPT: "0",
    GCM_INTERACTIVE: "never",
    SSH_ASKPASS_REQUIRE: "never",
    LC_ALL: "C", // messages that can be told apart
  };
}

/** Source: https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT */
function settingsAsEnvironment(settings: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = Object.entries(settings);
  return Object.fromEntries([
    ["GIT_CONFIG_COUNT", `${pairs.length}`],
    ...pairs.flatMap((
      [key, value],
      index,
    ) => [[`GIT_CONFIG_KEY_${index}`, key], [`GIT_CONFIG_VALUE_${index}`, value]]),
  ]);
}

function finished(child: ChildProcess): Promise<{ status: number | null; output: string; said: string }> {
  return new Promise((resolve, reject) => {
    const texts = { output: "", said: "" };
    const collect = (name: "output" | "said") => (chunk: unknown): void => {
      if (texts[name].length < longestOutput) texts[name] += `${chunk}`;
    };
    child.stdout?.on("data", collect("output"));
    child.stderr?.on("data", collect("said"));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, ...texts }));
  });
}

/** Ends a program and those that it started, which would go on with the transfer. */
function end(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill();
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL"); // no group of its own, or gone already
  }
}
