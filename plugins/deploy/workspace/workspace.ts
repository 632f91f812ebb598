import type { Client } from "../../../core/client.ts";
import { pct } from "../../../core/percent.ts";
import { type AssetCallOptions, pages } from "./pages.ts";

/** A workspace of PAI. What the API left out is missing. */
export interface Workspace {
  /** Id, as `createClient({ workspaceId })` takes it. */
  id: string;
  /** Name, unique in a region. */
  name: string;
  /** Name for people. */
  displayName?: string;
  /** What it is for. */
  description?: string;
  /** State, `ENABLED` when it can be used. */
  status?: string;
  /** Whether it is the one that is used where none is named. */
  isDefault?: boolean;
  /** When it was made. */
  createdAt?: Date;
}

interface WorkspaceAnswer {
  WorkspaceId: string;
  WorkspaceName: string;
  DisplayName?: string;
  Description?: string;
  Status?: string;
  IsDefault?: boolean;
  GmtCreateTime?: string;
}

/**
 * Reads a workspace.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-getworkspace
 *
 * @param id The workspace; the client's own when absent.
 * @throws {TypeError} when neither names one.
 * @throws {ApiError} when there is none of this id, or it is not the caller's.
 */
export async function getWorkspace(
  client: Client,
  id: string | undefined = client.workspaceId,
  options: AssetCallOptions = {},
): Promise<Workspace> {
  if (!id) throw new TypeError("Cannot get a workspace: give its id, or make the client with workspaceId");
  const path = `/api/v1/workspaces/${pct(id)}`;
  return read(await client.call("GetWorkspace", { product: "aiworkspace", path, ...limits(options) }));
}

/**
 * Reads the workspace that is used where none is named.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-getdefaultworkspace
 *
 * @throws {ApiError} when there is none, or the API refuses.
 */
export async function defaultWorkspace(client: Client, options: AssetCallOptions = {}): Promise<Workspace> {
  const call = { product: "aiworkspace", path: "/api/v1/defaultWorkspaces", ...limits(options) };
  const workspace = read(await client.call("GetDefaultWorkspace", call));
  return { ...workspace, isDefault: true };
}

/**
 * Lists the workspaces of the region.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-listworkspaces
 *
 * @throws {ApiError} while it is read, when the API refuses.
 */
export async function* listWorkspaces(
  client: Client,
  options: AssetCallOptions = {},
): AsyncGenerator<Workspace, void, undefined> {
  const listing = { path: "/api/v1/workspaces", query: {}, items: "Workspaces", ...limits(options) };
  for await (const item of pages<WorkspaceAnswer>(client, "ListWorkspaces", listing)) yield read(item);
}

function limits({ signal, timeout }: AssetCallOptions): AssetCallOptions {
  return { signal, timeout };
}

function read(answer: WorkspaceAnswer): Workspace {
  return {
    id: answer.WorkspaceId,
    name: answer.WorkspaceName,
    displayName: answer.DisplayName,
    description: answer.Description,
    status: answer.Status,
    isDefault: answer.IsDefault,
    createdAt: answer.GmtCreateTime ? new Date(answer.GmtCreateTime) : undefined,
  };
}
