import { PaiError } from "../../core/errors.ts";
import { serviceUrl } from "../../core/service-url.ts";
import { onDisk } from "../emulator/disk.ts";
import { faultyHandle, requestedFaults } from "../emulator/faults.ts";
import { emulator, type Handler, type Scenario } from "../emulator/mod.ts";
import { serve } from "../emulator/serve.ts";

/** An emulator that listens. */
export interface ListeningEmulator {
  /** Where. */
  readonly url: string;
  /** What points `pai` and the library's `fromConfig()` to it. Its keys are invented. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops it and removes what it has on disk. */
  close(): Promise<void>;
}

/** What {@linkcode startEmulator} starts. */
export interface EmulateOptions {
  /** Port; 0 takes a free one. */
  port: number;
  /** Folder for the objects' contents; in memory without one. */
  folder?: string;
  /** Services or processors, and the servers that answer for them. */
  forward: readonly (readonly [service: string, url: string])[];
  /** Services, and how they fail. */
  scenario: readonly (readonly [service: string, scenario: string])[];
  /** Whether requests may ask to go wrong; see `requestedFaults()`. @default {false} */
  faults?: boolean;
  /** Whether services with containers run in containers of this machine. @default {false} */
  docker?: boolean;
}

/** The bucket that exists from the start. */
const bucket = "emulator-bucket";

/**
 * Starts an emulator on a port of this machine.
 *
 * @throws {PaiError} with the code `PortInUse` or the system's own when the port can't be had.
 */
export async function startEmulator(
  { port, folder, forward, scenario, faults, docker }: EmulateOptions,
): Promise<ListeningEmulator> {
  const objects = folder === undefined ? undefined : onDisk({ folder });
  try {
    const cloud = emulator({
      buckets: [bucket],
      handlers: Object.fromEntries(forward.map(([service, url]) => [service, forwarder(url)])),
      scenarios: Object.fromEntries(scenario) as Record<string, Scenario>, // which are checked there
      ...(objects && { objects }),
      ...(docker && { runner: (await import("../local-docker/mod.ts")).localDocker() }),
    });
    const handle = faults ? faultyHandle(cloud.handle, requestedFaults()) : cloud.handle;
    const server = await serve({ handle }, { port });
    const { accessKeyId, accessKeySecret } = await cloud.credentials();
    return {
      url: server.url,
      env: {
        PAI_ENDPOINT: server.url,
        ALIBABA_CLOUD_REGION_ID: cloud.region,
        ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
        PAI_OSS_BUCKET: bucket,
      },
      async close() {
        await server.close();
        await cloud.close();
        await objects?.close();
      },
    };
  } catch (cause) {
    await objects?.close();
    if (cause instanceof TypeError) throw cause; // a flag's value is wrong
    const { code, message } = cause as Error & { code?: string }; // Node's errors have one, in all runtimes
    const problem = code === "EADDRINUSE"
      ? `port ${port} is in use; give another with --port, or 0 for a free one`
      : message;
    throw new PaiError(`Cannot start the emulator: ${problem}`, { code, cause });
  }
}

/** Sends a service's requests to another server, below the address that is given. */
function forwarder(base: string): Handler {
  const address = serviceUrl(base).replace(/\/$/, ""); // refuses what is none
  return (request) => {
    const { pathname, search } = new URL(request.url);
    const hasBody = request.method !== "GET" && request.method !== "HEAD";
    const init = { method: request.method, headers: request.headers, body: hasBody ? request.body : null };
    return fetch(
      `${address}${pathname}${search}`,
      { ...init, duplex: "half", signal: request.signal } as RequestInit,
    );
  };
}
