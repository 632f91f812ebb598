import type { Client } from "../../../core/client.ts";
import { type AssetCallOptions, pages } from "../workspace/pages.ts";
import type { Accelerator, ImageInfo, ImageScope } from "./image-info.ts";
import { type ListedImage, parseImage } from "./parse-image.ts";
import { checkWanted, labelsOf } from "./wanted.ts";

/** Options of {@linkcode listImages}. */
export interface ListImagesOptions extends AssetCallOptions {
  /** Framework, in any case of letters. @default {all} */
  framework?: string;
  /** Version of the framework, exactly. @default {all} */
  version?: string;
  /** Kind of chip. @default {both} */
  accelerator?: Accelerator | Uppercase<Accelerator>;
  /** What the images are for. @default {"training"} */
  scope?: ImageScope;
}

/**
 * Lists official images, the newest first. Those whose address follows none of PAI's forms are left out; one whose
 * tag says no version has none.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-aiworkspace-2021-02-04-listimages
 *
 * @throws {TypeError} at once, when there is no such scope or accelerator.
 * @throws {ApiError} while it is read, when the API refuses.
 */
export function listImages(client: Client, options: ListImagesOptions = {}): AsyncIterable<ImageInfo> {
  const { scope, accelerator } = checkWanted("list images", options);
  return matching(client, { ...options, scope, accelerator });
}

async function* matching(
  client: Client,
  { framework, version, accelerator, scope, signal, timeout }: ListImagesOptions & {
    scope: ImageScope;
    accelerator: Accelerator | undefined;
  },
): AsyncGenerator<ImageInfo, void, undefined> {
  const name = framework?.trim().toLowerCase();
  // Official images belong to no workspace, so none is named.
  const query = {
    Labels: labelsOf(scope, accelerator),
    ...(name && { Name: name }), // a part of the name is enough to the API, hence the comparison below
    Order: "DESC",
    SortBy: "GmtCreateTime",
    Verbose: true,
  };
  const listing = { path: "/api/v1/images", query, items: "Images", signal, timeout };
  for await (const item of pages<ListedImage>(client, "ListImages", listing)) {
    const image = parseImage(item, scope, client.network);
    if (!image || (name && image.framework.toLowerCase() !== name)) continue;
    if (version === undefined || image.version === version) yield image;
  }
}
