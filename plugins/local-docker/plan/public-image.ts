import { parseReference } from "../engine/image-reference.ts";

// Of Container Registry, personal and enterprise editions; the internal address is that of the old network.
// Source: https://help.aliyun.com/zh/acr/user-guide/configure-access-over-vpcs
const inside = /^([\w.-]*?\bregistry)-(?:vpc|internal)(\.[\w.-]+\.aliyuncs\.com(?::\d+)?\/)/;

/** The address of an image outside a VPC, for one that is inside; others stay as they are. */
export function publicImage(image: string): string {
  return image.replace(inside, "$1$2");
}

/**
 * The address to pull an image from.
 *
 * @param warn Hears when it is another than the given one.
 * @throws {TypeError} when it can't be the address of an image.
 */
export function reachableImage(image: string, warn: (message: string) => void): string {
  parseReference(image); // which says what is wrong with it
  const outside = publicImage(image);
  if (outside !== image) warn(`"${image}" can only be pulled inside a VPC; "${outside}" is used`);
  return outside;
}
