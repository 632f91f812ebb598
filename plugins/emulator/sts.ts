import type { Hono } from "hono";
import { type Action, api, type Call, type Env } from "./api.ts";
import type { Cloud } from "./cloud.ts";
import type { JsonObject } from "./service-config.ts";

const actions: Action[] = ["GET", "POST"].map((method) => [method, "/", "GetCallerIdentity", callerIdentity]);

/**
 * STS 2015-04-01, as far as it tells who calls.
 * Source: https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity
 */
export function sts(cloud: Cloud): Hono<Env> {
  return api(cloud, { version: "2015-04-01", actions });
}

/** Lasting keys are the account's own here, temporary ones those of a role. */
function callerIdentity({ accountId, lookup }: Cloud, call: Call): JsonObject {
  const isTemporary = Boolean(lookup(call.get("accessKeyId"))?.securityToken);
  if (!isTemporary) {
    return {
      IdentityType: "Account",
      AccountId: accountId,
      UserId: accountId,
      PrincipalId: accountId,
      Arn: `acs:ram::${accountId}:root`,
    };
  }
  const [roleId, session] = ["300000000000000001", "emulator"];
  return {
    IdentityType: "AssumedRoleUser",
    AccountId: accountId,
    RoleId: roleId,
    PrincipalId: `${roleId}:${session}`,
    Arn: `acs:ram::${accountId}:assumed-role/emulator-role/${session}`,
  };
}
