import { bucketName } from "../../../core/oss-uri.ts";

/** How an address names its bucket. */
export type OssAddressing = "virtual" | "path" | "cname";

/** Where a bucket is. */
export interface OssAddress {
  /** The bucket. */
  readonly bucket: string;
  /** The bucket's region, which signatures name: `cn-hangzhou`. */
  readonly region: string;
  /** What the addresses of objects begin with, without a slash at its end. */
  readonly base: string;
}

/** What the caller says about it. */
export interface OssPlace {
  /** Bucket name. */
  bucket: string;
  /** The bucket's region. */
  region?: string;
  /** Scheme and host, or only a host. */
  endpoint?: string;
  /** How addresses name the bucket. */
  addressing?: OssAddressing;
}

// https://help.aliyun.com/zh/oss/user-guide/regions-and-endpoints; the accelerated endpoints name no region.
const regionalHost = /^oss-(?!accelerate)([a-z0-9-]+?)(-internal)?\.aliyuncs\.com$/;
// An IP address, this machine, or a name of one part, which is a machine in a network of one's own.
const machine = /^([^.]*|\d+(\.\d+){3}|.*\.localhost)$/;

/**
 * Works out where a bucket is. A stated endpoint and region are taken as they are; else the endpoint's own
 * region counts, else the client's.
 *
 * @param client The client's region and its endpoint for OSS.
 * @throws {TypeError} when the bucket, the region or the endpoint can't be one.
 */
export function ossAddress(client: { region: string; endpoint: string }, place: OssPlace): OssAddress {
  const { bucket, endpoint } = place;
  if (!bucketName.test(bucket)) {
    const mend = bucket.startsWith("oss://")
      ? "use what parseOssUri() makes of it"
      : "it has up to 63 of a-z, 0-9 and inner hyphens";
    throw new TypeError(`Cannot use "${bucket}" as a bucket name: ${mend}`);
  }
  let url = endpointUrl(endpoint ?? client.endpoint);
  const named = regionalHost.exec(url.hostname)?.[1];
  const region = place.region ?? named ?? client.region;
  if (!/^(?!oss-)[^\s/]+$/.test(region)) {
    throw new TypeError(`Cannot use "${region}" as a region: write it like "cn-hangzhou", without "oss-"`);
  }
  if (!endpoint && named && named !== region) {
    // The client's endpoint serves its own region; inside a VPC only the public one leads to another region.
    url = new URL(`https://oss-${region}.aliyuncs.com`);
  }
  const { origin, hostname } = url;
  switch (place.addressing ?? (machine.test(hostname) ? "path" : "virtual")) {
    case "virtual":
      return { bucket, region, base: origin.replace("//", `//${bucket}.`) };
    case "path":
      return { bucket, region, base: `${origin}/${bucket}` };
    case "cname":
      return { bucket, region, base: origin };
  }
}

/** An endpoint without a scheme is https: the caller's keys and data are no matter for plain http. */
function endpointUrl(endpoint: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(endpoint) ? endpoint : `https://${endpoint}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url && /^https?:$/.test(url.protocol) && url.pathname === "/" && !url.search && !url.hash;
  if (!plain || url.username || url.password) {
    const safe = endpoint.replace(/.*@|[?#].*/g, "***"); // what may be a secret is left out
    throw new TypeError(
      `Cannot use "${safe}" as an OSS endpoint: write a host like "oss-cn-hangzhou.aliyuncs.com"`,
    );
  }
  return url;
}
