import type { Network } from "../../../core/endpoints.ts";

// registry.cn-hangzhou.aliyuncs.com, and dsw-registry.cn-hangzhou.cr.aliyuncs.com of an instance of one's own:
// https://help.aliyun.com/zh/acr/user-guide/manage-the-access-to-the-image-repository
const registry = /^((?:[a-z0-9-]+-)?registry)(-vpc|-internal)?(\.[a-z0-9-]+(?:\.cr)?\.aliyuncs\.com\/)/;

/** The address of an image on a network; one that is not in Alibaba Cloud's registry stays as it is. */
export function onNetwork(uri: string, network: Network): string {
  return uri.replace(registry, (_, host: string, inner: string | undefined, rest: string) => {
    return network === "public" ? host + rest : host + (inner ?? "-vpc") + rest;
  });
}
