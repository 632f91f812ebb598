// Of Container Registry, personal and enterprise editions; the internal address is that of the old network.
// Source: https://help.aliyun.com/zh/acr/user-guide/configure-access-over-vpcs
const inside = /^([\w.-]*?\bregistry)-(?:vpc|internal)(\.[\w.-]+\.aliyuncs\.com(?::\d+)?\/)/;

/** The address of an image outside a VPC, for one that is inside; others stay as they are. */
export function publicImage(image: string): string {
  return image.replace(inside, "$1$2");
}
