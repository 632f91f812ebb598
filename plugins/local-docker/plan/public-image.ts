// Of Container Registry, personal and enterprise editions: https://help.aliyun.com/document_detail/60743.html.
const insideVpc = /^([\w.-]*?\bregistry)-vpc(\.[\w.-]+\.aliyuncs\.com(?::\d+)?\/)/;

/** The address of an image outside a VPC, for one that is inside; others stay as they are. */
export function publicImage(image: string): string {
  return image.replace(insideVpc, "$1$2");
}
