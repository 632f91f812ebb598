/**
 * Official images of PAI: what there is for a framework, and the address to put into a service's configuration.
 *
 * @example Against the emulator, so it runs without an account
 * ```ts
 * import { createClient } from "@pai-edge/sdk";
 * import { emulator } from "@pai-edge/sdk/emulator";
 * import { ImageScope, listImages, retrieveImage } from "@pai-edge/sdk/images";
 *
 * const client = createClient({ ...emulator() });
 * const latest = await retrieveImage(client, "PyTorch", { accelerator: "gpu", scope: ImageScope.INFERENCE });
 * console.log(latest.version, latest.cudaVersion, latest.vpcUri);
 *
 * for await (const image of listImages(client, { framework: "tensorflow" })) console.log(image.uri);
 * ```
 *
 * @module
 */
export { type Accelerator, type ImageInfo, ImageScope } from "./images/image-info.ts";
export { listImages, type ListImagesOptions } from "./images/list-images.ts";
export { retrieveImage, type RetrieveImageOptions } from "./images/retrieve-image.ts";
export type { AssetCallOptions } from "./workspace/pages.ts";
