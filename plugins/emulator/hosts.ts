import type { Cloud } from "./cloud.ts";

/** Prefix of the routes of each part of the cloud. */
export type Part = "/eas" | "/oss" | "/gateway" | "/unknown";

type Place = Pick<Cloud, "region" | "accountId" | "domains">;

/**
 * The route of an address: which part of the cloud answers, then the raw path there. On the vendor's hosts the
 * host decides; on any other, such as the loopback port of `serve`, the path does. Storage routes always
 * begin with the bucket, wherever the address has it.
 */
export function route({ hostname, pathname }: URL, place: Place): string {
  if (isControlPlane(hostname, place)) return `/eas${pathname}`;
  const own = place.domains.get(hostname);
  if (own !== undefined) return `/oss/${own}${pathname}`;
  if (isGateway(hostname, place)) return `/gateway${pathname}`;
  // ali-oss with the address of a machine asks for the list of buckets at ".oss-…", with an empty bucket.
  const storage = /^(?:([a-z0-9-]*)\.)?oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(hostname);
  if (storage) {
    const [, bucket, region] = storage;
    const isHere = region === place.region || /^accelerate(-overseas)?$/.test(region ?? "");
    return isHere ? `/oss${bucket ? `/${bucket}` : ""}${pathname}` : "/unknown";
  }
  if (hostname.endsWith(".aliyuncs.com")) return "/unknown";
  if (pathname.startsWith("/api/v2/")) return `/eas${pathname}`;
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

function isControlPlane(hostname: string, { region }: Place): boolean {
  return hostname === `pai-eas.${region}.aliyuncs.com` ||
    hostname === `pai-eas-manage-vpc.${region}.aliyuncs.com`;
}

function isGateway(hostname: string, { region, accountId }: Place): boolean {
  return hostname === `${accountId}.${region}.pai-eas.aliyuncs.com` ||
    hostname === `${accountId}.vpc.${region}.pai-eas.aliyuncs.com`;
}
