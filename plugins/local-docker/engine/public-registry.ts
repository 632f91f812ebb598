/**
 * The public name of an image that has the name of Alibaba Cloud's internal network, where its registry can't be reached
 * from outside: `registry-vpc.cn-hangzhou.aliyuncs.com/pai/x` becomes `registry.cn-hangzhou.aliyuncs.com/pai/x`, and
 * `name-registry-vpc.…` of an enterprise registry `name-registry.…`. Other names stay.
 *
 * Sources: https://help.aliyun.com/zh/acr/user-guide/configure-access-over-vpcs; `_local_run` of the vendor's Python SDK
 * does the same for the first form.
 */
export function publicRegistry(reference: string): string {
  return reference.replace(
    /^((?:[a-z0-9-]+-)?registry)-(?:vpc|internal)(\.[a-z0-9-]+(?:\.cr)?\.aliyuncs\.com(?::\d+)?\/)/i,
    "$1$2",
  );
}
