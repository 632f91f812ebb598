import { type Client, createClient } from "../../core/client.ts";
import type { Credentials } from "../../core/credentials.ts";
import { form } from "../../core/rpc.ts";
import type { System } from "./system.ts";
import { temporaryCredentials } from "./temporary.ts";

/** A role to take on. */
export interface Role {
  /** Its resource name, `acs:ram::…:role/…`. */
  arn: string;
  /** What the session is called in the account's records. @default {one made of the time} */
  sessionName?: string;
  /** How long it lasts, in seconds. @default {3600} */
  seconds?: number;
  /** A policy that narrows it, as JSON. */
  policy?: string;
  /** What the role's owner has agreed on with its users. */
  externalId?: string;
  /** Region of STS. @default {the one for all} */
  stsRegion?: string;
  /** Whether STS is called from inside a VPC. */
  vpc?: boolean;
}

/**
 * Takes on a role. Source: https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerole.
 *
 * @throws {ApiError} when STS refuses.
 */
export async function assumeRole(system: System, role: Role, source: Credentials): Promise<Credentials> {
  const { policy: Policy, externalId: ExternalId } = role;
  const query = { ...parameters(system, role), Policy, ExternalId };
  const answer = await sts(system, role, source).call("AssumeRole", { product: "sts", query });
  return temporaryCredentials("STS", answer.Credentials);
}

/**
 * Takes on a role with a token of an identity provider, such as that of a cluster.
 * Source: https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerolewithoidc.
 *
 * @throws {ApiError} when STS refuses.
 */
export async function assumeRoleWithOidc(
  system: System,
  role: Role,
  { providerArn, token }: { providerArn: string; token: string },
): Promise<Credentials> {
  const body = {
    OIDCProviderArn: providerArn,
    OIDCToken: token,
    ...parameters(system, role),
    Policy: role.policy,
  };
  const answer = await sts(system, role, "anonymous").call("AssumeRoleWithOIDC", {
    product: "sts",
    ...form(body),
  });
  return temporaryCredentials("STS", answer.Credentials);
}

function parameters(
  { clock }: System,
  { arn, sessionName, seconds = 3600 }: Role,
): Record<string, string | number> {
  return {
    RoleArn: arn,
    RoleSessionName: sessionName ?? `pai-edge-sdk-${clock.now()}`,
    DurationSeconds: seconds,
  };
}

function sts(system: System, { stsRegion, vpc }: Role, credentials: Credentials | "anonymous"): Client {
  const { fetch, clock } = system;
  const endpoint = system.env("PAI_ENDPOINT") ?? (stsRegion ? undefined : "https://sts.aliyuncs.com");
  return createClient({
    ...{ credentials, fetch, clock },
    region: stsRegion ?? "cn-hangzhou", // stands in no address then
    network: vpc ? "vpc" : "public",
    ...(endpoint && { endpoints: { sts: endpoint } }),
  });
}
