import type { Client } from "../../../core/client.ts";
import { PaiError } from "../../../core/errors.ts";
import type { AssetCallOptions } from "../workspace/pages.ts";
import { frameworkNames, knownFramework } from "./frameworks.ts";
import type { Accelerator, ImageInfo, ImageScope } from "./image-info.ts";
import { listImages } from "./list-images.ts";
import { compareVersions } from "./version-order.ts";
import { checkWanted } from "./wanted.ts";

/** Options of {@linkcode retrieveImage}. */
export interface RetrieveImageOptions extends AssetCallOptions {
  /** Version of the framework, or `latest`. @default {"latest"} */
  version?: string;
  /** Kind of chip. @default {"cpu"} */
  accelerator?: Accelerator | Uppercase<Accelerator>;
  /** What the image is for. @default {"training"} */
  scope?: ImageScope;
}

/**
 * Finds the official image of a framework. The latest is the one of the highest version, and of several such the one
 * that was published last.
 *
 * @throws {TypeError} when the framework has no official images, or there is no such scope or accelerator.
 * @throws {PaiError} with the code `ImageNotFound`, and the versions there are.
 * @throws {ApiError} when the API refuses.
 */
export async function retrieveImage(
  client: Client,
  framework: string,
  options: RetrieveImageOptions = {},
): Promise<ImageInfo> {
  const { version = "latest", signal, timeout } = options;
  const known = knownFramework(String(framework).trim());
  if (!known) {
    throw new TypeError(`Cannot retrieve an image of "${framework}": there are images of ${frameworkNames}`);
  }
  const what = `retrieve an image of ${known}`;
  const { scope, accelerator = "cpu" } = checkWanted(what, options);
  const listed = listImages(client, { framework: known, accelerator, scope, signal, timeout });
  const found: Versioned[] = [];
  for await (const image of listed) if (hasVersion(image)) found.push(image);

  found.sort((a, b) => compareVersions(b.version, a.version) || time(b) - time(a)); // a stable sort
  const image = version.toLowerCase() === "latest"
    ? found[0]
    : found.filter((image) => image.version === version).sort((a, b) => time(b) - time(a))[0];
  if (image) return image;
  const versions = [...new Set(found.map(({ version }) => version))].join(", ");
  const state = versions
    ? `there is no version ${version} for ${scope} on ${accelerator}; there are ${versions}`
    : `there is none for ${scope} on ${accelerator} in ${client.region}; try another scope or accelerator`;
  throw new PaiError(`Cannot ${what}: ${state}`, { code: "ImageNotFound" });
}

type Versioned = ImageInfo & { version: string };

/** Whether an image tells its version: one that is only tagged `latest` can't be compared. */
function hasVersion(image: ImageInfo): image is Versioned {
  return image.version !== undefined;
}

function time({ createdAt }: ImageInfo): number {
  return createdAt?.getTime() ?? 0;
}
