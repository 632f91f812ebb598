import type { Cloud } from "./cloud.ts";

/** Prefix of the routes of each part of the cloud. */
export type Part = "/eas" | "/aiworkspace" | "/sts" | "/oss" | "/gateway" | "/unknown";

/** Where the instances of a service are told; which path clients take depends on their age. */
export const discoveryPaths = [
  "/exported/apis/eas.alibaba-inc.k8s.io/v1/upstreams",
  "/api/v1/servicediscovery/upstreams",
] as const;

type Place = Pick<Cloud, "region" | "accountId" | "domains">;

/**
 * The route of an address: which part of the cloud answers, then the raw path there. On the vendor's hosts the
 * host decides; on any other, such as the loopback port of `serve`, the path does. Storage routes always
 * begin with the bucket, wherever the address has it.
 *
 * @param isAction Whether the request's headers name an action; it has no path then but that of the list of buckets.
 */
export function route({ hostname, pathname, searchParams }: URL, place: Place, isAction = false): string {
  if (isControlPlane(hostname, place)) return `/eas${pathname}`;
  if (isHostOf("aiworkspace", hostname, place)) return `/aiworkspace${pathname}`;
  if (isHostOf("sts", hostname, place) || hostname === "sts.aliyuncs.com") return rpcRoute("/sts", pathname);
  const own = place.domains.get(hostname);
  if (own !== undefined) return `/oss/${own}${pathname}`;
  const asksWhere = discoveryPaths.some((path) => pathname.startsWith(`${path}/`));
  if (asksWhere && (isInside(hostname, place) || !isVendorHost(hostname))) return `/gateway${pathname}`;
  if (isGateway(hostname, place)) return asksWhere ? "/gateway/outside" : `/gateway${pathname}`;
  // ali-oss with the address of a machine asks for the list of buckets at ".oss-…", with an empty bucket.
  const storage = /^(?:([a-z0-9-]*)\.)?oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(hostname);
  if (storage) {
    const [, bucket, region] = storage;
    const isHere = region === place.region || /^accelerate(-overseas)?$/.test(region ?? "");
    return isHere ? `/oss${bucket ? `/${bucket}` : ""}${pathname}` : "/unknown";
  }
  if (isVendorHost(hostname)) return "/unknown";
  if (pathname.startsWith("/api/v2/")) return `/eas${pathname}`;
  if (pathname.startsWith("/api/v1/")) return `/aiworkspace${pathname}`;
  if (pathname === "/" && (isAction || searchParams.has("Action"))) return rpcRoute("/sts", pathname);
  if (pathname.startsWith("/api/predict/")) return `/gateway${pathname}`;
  return `/oss${pathname}`;
}

/** Addresses of a service, on the vendor's hosts or on the host that asked. */
export function serviceEndpoints(
  asked: URL,
  name: string,
  place: Place,
): { internet: string; intranet: string } {
  const { region, accountId } = place;
  const path = `/api/predict/${name}`;
  if (!isControlPlane(asked.hostname, place)) {
    return { internet: `${asked.origin}${path}`, intranet: `${asked.origin}${path}` };
  }
  return {
    internet: `http://${accountId}.${region}.pai-eas.aliyuncs.com${path}`,
    intranet: `http://${accountId}.vpc.${region}.pai-eas.aliyuncs.com${path}`,
  };
}

/** Actions without a path are at the part itself: its routes know no empty one below it. */
function rpcRoute(part: Part, pathname: string): string {
  return pathname === "/" ? part : `${part}${pathname}`;
}

/** Whether a host is one of the vendor's. */
export function isVendorHost(hostname: string): boolean {
  return hostname.endsWith(".aliyuncs.com");
}

/** Hosts that tell where instances are: they can be reached inside the VPC only. */
function isInside(hostname: string, { region, accountId }: Place): boolean {
  return hostname === `${accountId}.vpc.${region}.pai-eas.aliyuncs.com` ||
    hostname === `pai-eas-vpc.${region}.aliyuncs.com`;
}

function isControlPlane(hostname: string, { region }: Place): boolean {
  return hostname === `pai-eas.${region}.aliyuncs.com` ||
    hostname === `pai-eas-manage-vpc.${region}.aliyuncs.com`;
}

/** Public hosts, and those inside a VPC. */
function isHostOf(product: string, hostname: string, { region }: Place): boolean {
  return hostname === `${product}.${region}.aliyuncs.com` ||
    hostname === `${product}-vpc.${region}.aliyuncs.com`;
}

function isGateway(hostname: string, { region, accountId }: Place): boolean {
  return hostname === `${accountId}.${region}.pai-eas.aliyuncs.com` ||
    hostname === `${accountId}.vpc.${region}.pai-eas.aliyuncs.com`;
}
