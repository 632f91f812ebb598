import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";

/** A process, as labels name it. */
interface Owner {
  pid: number;
  /** Machine, boot and space of process ids: only inside it does `pid` mean anything. */
  place: string;
  /** When it began, in ticks since the boot, so that a later process with the same id is not taken for it. */
  start: string;
}

/** Whether a process still runs; `unknown` when it ran elsewhere. */
export type Life = "alive" | "dead" | "unknown";

/** Names this process: `1234@machine.boot.space:56789`. What a system does not tell is left empty. */
export function thisProcess(): string {
  const { pid } = process;
  return `${pid}@${thisPlace()}:${startOf(pid) ?? ""}`;
}

/** Tells of a process, as {@linkcode thisProcess} named it, whether it still runs. */
export function lifeOf(name: string): Life {
  const owner = parse(name);
  if (!owner) return "unknown";
  const [machine, boot, space] = owner.place.split(".");
  const [ourMachine, ourBoot, ourSpace] = thisPlace().split(".");
  if (machine !== ourMachine) return "unknown";
  if (boot !== ourBoot) return "dead"; // it ran before this machine was started last
  if (space !== ourSpace) return "unknown"; // in a container, say: its ids are others
  if (!exists(owner.pid)) return "dead";
  const start = startOf(owner.pid);
  return start === undefined || owner.start === "" || start === owner.start ? "alive" : "dead";
}

function parse(name: string): Owner | undefined {
  const match = /^(\d+)@([^:]+):(\d*)$/.exec(name);
  return match ? { pid: Number(match[1]), place: match[2]!, start: match[3]! } : undefined;
}

function thisPlace(): string {
  const boot = told(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8));
  const space = told(() => readlinkSync("/proc/self/ns/pid").replace(/\D/g, ""));
  const machine = told(() => hostname().replace(/[^\w-]/g, "-"));
  return [machine, boot, space].join(".");
}

/** The 22nd word of what Linux says of a process; its second, the name, may hold spaces and brackets. */
function startOf(pid: number): string | undefined {
  return told(() => readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ")[19]);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH"); // another user's may not be asked
  }
}

/** What a system tells, if it does: some don't know it, and Deno may not be allowed to read it. */
function told<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
