import type { Clock } from "../../core/clock.ts";
import type { Credentials } from "../../core/credentials.ts";
import { emulator, type EmulatorOptions } from "../../plugins/emulator/mod.ts";
import { type EmulatorServer, serve } from "../../plugins/emulator/serve.ts";

/** The bucket that every emulator of these tests begins with. */
export const bucket = "peer-bucket";

/** A key that lasts; each emulator accepts it and the next. */
export const lasting: Credentials = { accessKeyId: "peerKeyId", accessKeySecret: "invented-secret" };

/** A key that comes with a token. */
export const temporary: Credentials & { securityToken: string } = {
  accessKeyId: "STS.peerKeyId",
  accessKeySecret: "another-invented-secret",
  securityToken: "CAIS+invented/token==",
};

/** A clock that is ahead of this machine's by so many milliseconds: to a server with it, clients are late. */
export function lateBy(ms: number): Clock {
  return { now: () => Date.now() + ms, sleep: () => Promise.resolve() };
}

/** Starts an emulator whose services change their state at once, on a port of this machine. */
export async function startCloud(options: EmulatorOptions = {}): Promise<EmulatorServer> {
  return await serve(emulator({
    buckets: [bucket],
    credentials: [lasting, temporary],
    delays: { create: 0, start: 0, stop: 0, delete: 0, gateway: 0 },
    ...options,
  }));
}
