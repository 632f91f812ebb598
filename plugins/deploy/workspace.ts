/**
 * Workspaces of PAI, and the bucket where one keeps its files.
 *
 * @example Against the emulator, so it runs without an account
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { eas } from "@pai-edge/sdk/deploy";
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { oss } from "@pai-edge/sdk/storage/oss";
 * import { defaultStorage, defaultWorkspace } from "@pai-edge/sdk/workspace";
 *
 * const client = createClient({ ...emulator() });
 * const { id, name } = await defaultWorkspace(client);
 * const storage = await defaultStorage(client, { workspaceId: id });
 * console.log(`${name} keeps its files in oss://${storage.bucket}/${storage.prefix}`);
 *
 * const target = eas(client, { storage: oss(client, storage), uploadPrefix: `${storage.prefix}pai/` });
 * ```
 *
 * @module
 */
export {
  type DefaultStorage,
  defaultStorage,
  type DefaultStorageOptions,
} from "./workspace/default-storage.ts";
export type { AssetCallOptions } from "./workspace/pages.ts";
export { defaultWorkspace, getWorkspace, listWorkspaces, type Workspace } from "./workspace/workspace.ts";
