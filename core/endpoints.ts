import { serviceUrl } from "./service-url.ts";

/** Whether a client calls over the internet or from inside a VPC. */
export type Network = "public" | "vpc";

/** What this SDK knows about the products it calls; of any other, the host follows the vendor's pattern. */
export const products: { readonly [name: string]: { version: string; host?: string; vpcHost?: string } } = {
  eas: { version: "2021-07-01", host: "pai-eas", vpcHost: "pai-eas-manage-vpc" },
  aiworkspace: { version: "2021-02-04" },
  sts: { version: "2015-04-01" },
};

/**
 * How to find the scheme and host of a product in a region.
 *
 * Source: the endpoints of each product at https://api.aliyun.com/product.
 *
 * @throws {TypeError} when the network or one of the caller's own endpoints is none.
 */
export function endpointOf(
  region: string,
  network: Network,
  own: Readonly<Record<string, string>>,
): (product: string) => string {
  if (network !== "public" && network !== "vpc") {
    throw new TypeError(`Cannot use network "${network}": give public or vpc`);
  }
  const origins = new Map(Object.entries(own).map(([product, endpoint]) => [product, originOf(endpoint)]));
  const inside = network === "vpc";
  return (product) => {
    const { host = product, vpcHost = `${host}-vpc` } = products[product] ?? {};
    const label = product === "oss"
      ? `oss-${region}${inside ? "-internal" : ""}`
      : `${inside ? vpcHost : host}.${region}`;
    return origins.get(product) ?? `https://${label}.aliyuncs.com`;
  };
}

function originOf(endpoint: string): string {
  return new URL(serviceUrl(endpoint.includes("://") ? endpoint : `https://${endpoint}`)).origin;
}
