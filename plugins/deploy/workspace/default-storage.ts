import type { Client } from "../../../core/client.ts";
import { PaiError } from "../../../core/errors.ts";
import { parseOssUri } from "../../../core/oss-uri.ts";
import { pct } from "../../../core/percent.ts";
import type { AssetCallOptions } from "./pages.ts";
import { defaultWorkspace } from "./workspace.ts";

/** Where a workspace keeps its files: what `oss(client, storage)` takes, and what keys begin with. */
export interface DefaultStorage {
  /** Bucket. */
  bucket: string;
  /** What keys begin with: `""`, or a folder with its slash at the end. */
  prefix: string;
  /** Address of OSS in the bucket's region, on the client's network. */
  endpoint: string;
}

/** Options of {@linkcode defaultStorage}. */
export interface DefaultStorageOptions extends AssetCallOptions {
  /** Whose storage. @default {the client's workspace, else the default workspace of the region} */
  workspaceId?: string;
}

/** The key of the setting: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-listconfigs */
const setting = "modelExportPath";

/**
 * Tells where a workspace keeps its files, so that uploads go there.
 *
 * @throws {PaiError} with the code `NoDefaultStorage`, when none is set.
 * @throws {ApiError} when the API refuses.
 */
export async function defaultStorage(
  client: Client,
  { workspaceId = client.workspaceId, signal, timeout }: DefaultStorageOptions = {},
): Promise<DefaultStorage> {
  const id = workspaceId ?? (await defaultWorkspace(client, { signal, timeout })).id;
  const { Configs } = await client.call<{ Configs?: { ConfigKey: string; ConfigValue?: string }[] | null }>(
    "ListConfigs",
    {
      product: "aiworkspace",
      path: `/api/v1/workspaces/${pct(id)}/configs`,
      query: { ConfigKeys: setting },
      signal,
      timeout,
    },
  );
  const address = Configs?.find(({ ConfigKey }) => ConfigKey === setting)?.ConfigValue;
  if (address) return storageOf(client, address);
  throw new PaiError(
    `Cannot find the default storage of workspace ${id}: none is set; set one in the console, or name a bucket`,
    { code: "NoDefaultStorage" },
  );
}

function storageOf(client: Client, address: string): DefaultStorage {
  const { bucket, key, endpoint } = parseOssUri(address);
  const region = /^oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(endpoint ?? "")?.[1];
  // The client knows how its own region is reached; the network inside another region is not reached from anywhere.
  const here = region === undefined ? endpoint === undefined : region === client.region;
  const elsewhere = endpoint?.replace(/-internal(?=\.aliyuncs\.com$)/, "") ?? "";
  return {
    bucket,
    prefix: key === "" || key.endsWith("/") ? key : `${key}/`,
    endpoint: here ? client.endpoint("oss") : `https://${elsewhere}`,
  };
}
