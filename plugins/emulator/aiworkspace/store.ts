import type { JsonObject } from "../service-config.ts";
import { type EmulatedImage, officialImages } from "./image-catalog.ts";
import { publicModels } from "./model-catalog.ts";

/** A model of the registry. */
export interface ModelRecord {
  /** Id. */
  id: string;
  /** Workspace; PAI's own models belong to none. */
  workspaceId?: string;
  /** What the API tells of it besides the versions. */
  members: JsonObject & { ModelName: string };
  /** Versions by name, the latest last. */
  versions: Map<string, JsonObject>;
}

/** A workspace. */
export interface WorkspaceRecord {
  /** What the API tells of it. */
  members: JsonObject & { WorkspaceId: string; WorkspaceName: string };
  /** Settings by key. */
  configs: Map<string, string>;
}

/** What an emulated AIWorkSpace begins with. */
export interface AssetOptions {
  /** Region. */
  region: string;
  /** Bucket of the default storage; none is set when absent. */
  bucket?: string;
  /** Images that exist. */
  images?: readonly EmulatedImage[];
}

/** What the emulated AIWorkSpace remembers. */
export class AssetStore {
  /** Images by id, the oldest first. */
  readonly images: ReadonlyMap<string, EmulatedImage>;
  /** Workspaces by id. */
  readonly workspaces: Map<string, WorkspaceRecord> = new Map();
  /** Models by id, the oldest first. */
  readonly models: Map<string, ModelRecord> = new Map();
  readonly #options: AssetOptions;

  /** Makes a store that begins with one workspace, and returns to it. */
  constructor(options: AssetOptions) {
    this.#options = options;
    const images = options.images ?? officialImages(options.region);
    const oldestFirst = images.toSorted((a, b) => a.createdAt < b.createdAt ? -1 : 1);
    this.images = new Map(oldestFirst.map((image, i) => [`image-${idOf(i + 1)}`, image]));
    this.reset();
  }

  /** Forgets everything that was written. */
  reset(): void {
    const { region, bucket } = this.#options;
    this.workspaces.clear();
    this.workspaces.set(defaultWorkspaceId, {
      members: {
        WorkspaceId: defaultWorkspaceId,
        WorkspaceName: "emulator_workspace",
        DisplayName: "Emulator",
        Description: "The workspace that the emulator begins with",
        IsDefault: true,
        Status: "ENABLED",
        EnvTypes: ["prod"],
        GmtCreateTime: "2024-01-02T03:04:05Z",
        GmtModifiedTime: "2024-01-02T03:04:05Z",
      },
      // As the console writes it: the address inside the VPC.
      configs: new Map(
        bucket ? [["modelExportPath", `oss://${bucket}.oss-${region}-internal.aliyuncs.com/`]] : [],
      ),
    });
    this.models.clear();
    for (const [i, model] of publicModels(region).entries()) {
      const id = `model-${idOf(i + 1)}`;
      this.models.set(id, { id, ...model });
    }
  }
}

/** The workspace that is used where none is named. */
export const defaultWorkspaceId = "100001";

/** The part of an id that looks random, made of a number. */
export function idOf(number: number): string {
  return (number * 2_654_435_761 % 2 ** 40).toString(36).padStart(16, "0"); // a multiplier that spreads neighbours
}
