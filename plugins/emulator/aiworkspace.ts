import type { Hono } from "hono";
import { imageActions } from "./aiworkspace/images.ts";
import { modelActions } from "./aiworkspace/models.ts";
import { modelVersionActions } from "./aiworkspace/model-versions.ts";
import { workspaceActions } from "./aiworkspace/workspaces.ts";
import { api, type Env } from "./api.ts";
import type { Cloud } from "./cloud.ts";

/**
 * AIWorkSpace 2021-02-04: images, workspaces and their settings, and the model registry.
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-overview
 */
export function aiWorkspace(cloud: Cloud): Hono<Env> {
  const actions = [...imageActions, ...workspaceActions, ...modelActions, ...modelVersionActions];
  return api(cloud, { version: "2021-02-04", actions });
}
