import type { Credentials } from "../../core/credentials.ts";
import type { PythonServer } from "./python.ts";

/** A request that the PAI SDK for Python sent. */
export interface SentRequest {
  method: string;
  /** Address, as the SDK meant it. */
  url: string;
  body: string | null;
}

/** How an operation of the SDK ended. */
export interface PaiAnswer<Result> {
  result?: Result;
  error?: { type: string; message: string };
  sent: SentRequest[];
}

/** An operation of `python/pai_client.py`, and what it needs. */
export type PaiCall = { op: string } & Record<string, unknown>;

/** Runs operations against an emulator; `ask` throws what the SDK raises, `attempt` tells it. */
export interface Pai {
  attempt<Result>(call: PaiCall): Promise<PaiAnswer<Result>>;
  ask<Result>(call: PaiCall): Promise<Result>;
}

/** The SDK with a key, against the emulator at an address. */
export function pai(
  server: PythonServer,
  endpoint: string,
  { accessKeyId, accessKeySecret, securityToken }: Credentials,
  session: Record<string, unknown> = {},
): Pai {
  const credentials = [accessKeyId, accessKeySecret, ...securityToken ? [securityToken] : []];
  const attempt = async <Result>(call: PaiCall): Promise<PaiAnswer<Result>> => {
    const body = JSON.stringify({ endpoint, credentials, ...session, ...call });
    const response = await fetch(`${server.url}/call`, { method: "POST", body });
    if (!response.ok) throw new Error(await response.text());
    return await response.json();
  };
  return {
    attempt,
    async ask<Result>(call: PaiCall): Promise<Result> {
      const { result, error } = await attempt<Result>(call);
      if (error) throw new Error(`${error.type}: ${error.message}`);
      return result as Result; // there is one where there is no error
    },
  };
}

/** The configuration of the service that was asked for last, after any trial; `undefined` when none was. */
export function createdConfig(sent: readonly SentRequest[]): Record<string, unknown> | undefined {
  const creation = sent.findLast(({ method, url }) => method === "POST" && isServices(url));
  return creation && JSON.parse(creation.body ?? "");
}

/** Whether an address is that of CreateService. */
export function isServices(url: string): boolean {
  return new URL(url).pathname === "/api/v2/services";
}

/** One field of two configurations that is not the same. */
export interface Difference {
  path: string;
  theirs: unknown;
  ours: unknown;
}

/** Compares two values of JSON field by field; the order of keys doesn't count. */
export function differences(theirs: unknown, ours: unknown, path = ""): Difference[] {
  if (isObject(theirs) && isObject(ours)) {
    return [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].flatMap((key) =>
      differences(theirs[key], ours[key], path ? `${path}.${key}` : key)
    );
  }
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    return Array.from({ length: Math.max(theirs.length, ours.length) }).flatMap((_, i) =>
      differences(theirs[i], ours[i], `${path}[${i}]`)
    );
  }
  return JSON.stringify(theirs) === JSON.stringify(ours) ? [] : [{ path, theirs, ours }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
