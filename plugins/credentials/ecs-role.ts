import type { Credentials } from "../../core/credentials.ts";
import { CredentialsError } from "../../core/errors.ts";
import { bounded } from "../../core/timeout.ts";
import { notFound } from "./key-pair.ts";
import { parseJson } from "./parse-json.ts";
import type { System } from "./system.ts";
import { temporaryCredentials } from "./temporary.ts";

/** Address inside every instance: https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata. */
const service = "http://100.100.100.200/latest";
const roles = `${service}/meta-data/ram/security-credentials/`;

/** There is an answer at once, or this is no instance. */
const patience = 1_000;

/** How long a token of the metadata service lasts, in seconds: the longest there is. */
const tokenLife = "21600";

/**
 * The credentials of the role that the instance has.
 *
 * @param role Its name; the service is asked when there is none.
 * @throws {CredentialsError} to try the next place when this is no instance, or it has no such role.
 */
export async function ecsRoleCredentials(system: System, role?: string): Promise<Credentials> {
  const headers = await tokenHeaders(system);
  const name = role ?? (await text(system, roles, { headers })).trim();
  const answer = await text(system, `${roles}${encodeURIComponent(name)}`, { headers });
  return temporaryCredentials(`the instance's role "${name}"`, parseJson(answer));
}

/** Instances that are set up for it want a token with each request; older ones know none. */
async function tokenHeaders(system: System): Promise<Record<string, string>> {
  const init = { method: "PUT", headers: { "x-aliyun-ecs-metadata-token-ttl-seconds": tokenLife } };
  try {
    return { "x-aliyun-ecs-metadata-token": await text(system, `${service}/api/token`, init) };
  } catch (error) {
    const isOld = error instanceof CredentialsError && error.status !== undefined;
    if (!isOld || system.env("ALIBABA_CLOUD_IMDSV1_DISABLED")?.toLowerCase() === "true") throw error;
    return {};
  }
}

async function text({ fetch }: System, url: string, init: RequestInit): Promise<string> {
  const what = "the instance's metadata service";
  let response: Response | undefined;
  try {
    return await bounded(what, patience, undefined, async (signal) => {
      response = await fetch(url, { ...init, signal });
      const body = await response.text();
      if (response.ok) return body;
      throw new Error(`status is ${response.status}`);
    });
  } catch (cause) {
    const { message } = notFound(`${what} does not answer`);
    const status = response && !response.ok ? response.status : undefined;
    throw new CredentialsError(message, { code: "CredentialsNotFound", tryNext: true, status, cause });
  }
}
