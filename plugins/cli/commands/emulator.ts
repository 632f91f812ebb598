import { resolve } from "node:path";
import { command } from "../command.ts";
import { type OutputFlags, outputFlags, text } from "../flags.ts";
import { type Pair, pairs } from "../service-flags.ts";

interface Flags extends OutputFlags {
  /** Port to listen on. */
  readonly port: number;
  /** Folder for the objects' contents. */
  readonly folder?: string;
  /** Services and the servers that answer for them. */
  readonly forward?: readonly Pair<string>[];
  /** Services and how they fail. */
  readonly scenario?: readonly Pair<string>[];
  /** Whether requests may ask to go wrong. */
  readonly faults?: boolean;
  /** Whether containers are run. */
  readonly docker?: boolean;
}

/** `pai emulator`: a small Alibaba Cloud on this machine. */
export const emulatorCommand = command<Flags, []>({
  brief: "Run a small Alibaba Cloud on this machine",
  description:
    "Runs the control plane, object storage and the gateway of an emulator until Ctrl-C, and prints the\n" +
    "environment that points the other commands to it. Everything is forgotten when it ends.",
  examples: [
    ["", "On port 8080; paste what it prints into another terminal"],
    ["--port 0 > emulator.env & sleep 1; . ./emulator.env", "On a free port, in a script"],
    ["--forward app=http://127.0.0.1:8000", "A server that you run answers for the service app"],
    ["--scenario iris=ImagePullBackOff", "The service iris fails in this way when it is deployed"],
    ["--faults", "A request with the header 'X-Emulator-Fault: 503 first=2' succeeds at its third attempt"],
    ["--docker", "Services with containers run in containers of this machine, and end with the emulator"],
    ["--folder /var/tmp/objects", "Objects on disk, so that gigabytes fit"],
  ],
  flags: {
    ...outputFlags,
    port: {
      kind: "parsed",
      parse: parsePort,
      default: "8080",
      brief: "Port of 127.0.0.1; 0 takes a free one",
      placeholder: "port",
    },
    folder: text("Keep the contents of objects in this folder instead of memory", "path"),
    forward: pairs("Let a server of yours answer for a service or a processor", "service=url"),
    scenario: pairs("Let a service fail, such as iris=OOMKilled", "service=failure"),
    faults: {
      kind: "boolean",
      optional: true,
      withNegated: false,
      brief: "Let requests ask for faults: 503, 'delay=500', 'cut=10' and more in X-Emulator-Fault",
    },
    docker: {
      kind: "boolean",
      optional: true,
      withNegated: false,
      brief: "Run services with containers for real, by Docker or Podman",
    },
  },
  args: [],
  async run({ io, print, progress }, { port, folder, forward = [], scenario = [], faults, docker }) {
    const { startEmulator } = await import("../emulate.ts"); // by far the largest part of the program
    const { url, env, close } = await startEmulator({
      ...{ port, forward, scenario, faults, docker },
      ...(folder !== undefined && { folder: resolve(io.cwd, folder) }),
    });
    try {
      print.result(
        { url, env },
        () => Object.entries(env).map(([name, value]) => `export ${name}=${value}\n`).join(""),
      );
      progress.note(`the emulator listens on ${url}; Ctrl-C stops it`);
      await untilAborted(io.signal);
    } finally {
      await close();
    }
    progress.note("the emulator has stopped");
    return 0; // Ctrl-C is how it is meant to end
  },
});

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function parsePort(input: string): number {
  const port = Number(input);
  if (/^\d+$/.test(input) && port < 65536) return port;
  throw new RangeError("give a port from 0 to 65535");
}
