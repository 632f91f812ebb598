import type { Hono } from "hono";
import { api, type Env } from "./api.ts";
import type { Cloud } from "./cloud.ts";
import { actions } from "./eas/actions.ts";

/**
 * The control plane: EAS 2021-07-01, ROA style.
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-overview.
 */
export function controlPlane(cloud: Cloud): Hono<Env> {
  return api(cloud, { version: "2021-07-01", actions });
}
