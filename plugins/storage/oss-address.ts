import { bucketName } from "../../core/oss-uri.ts";
import { pctPath } from "../../core/percent.ts";
import { canonicalQuery, type Oss4Request } from "./oss4.ts";

/** Where a bucket is. */
export interface OssAddress {
  /** The bucket. */
  readonly bucket: string;
  /** The bucket's region, which signatures name: `cn-hangzhou`. */
  readonly region: string;
  /** Scheme and host of the endpoint, without the bucket. */
  readonly origin: string;
  /** Whether the bucket is the first part of the path, instead of the host's first label. */
  readonly pathStyle: boolean;
}

// https://help.aliyun.com/zh/oss/user-guide/regions-and-endpoints; the accelerated endpoints name no region.
const regionalHost = /^oss-(?!accelerate)([a-z0-9-]+?)(-internal)?\.aliyuncs\.com$/;
const ipAddress = /^(\d+(\.\d+){3}|\[.*\])$/;

/**
 * Works out where a bucket is. A stated endpoint and region are taken as they are; else the endpoint's own
 * region counts, else the client's.
 *
 * @param client The client's region and its endpoint for OSS.
 * @throws {TypeError} when the bucket or the endpoint can't be one.
 */
export function ossAddress(
  client: { region: string; endpoint: string },
  options: { bucket: string; region?: string; endpoint?: string },
): OssAddress {
  const { bucket } = options;
  if (!bucketName.test(bucket)) {
    throw new TypeError(
      `Cannot use "${bucket}" as a bucket: a name has up to 63 of a-z, 0-9 and inner hyphens`,
    );
  }
  let url = endpointUrl(options.endpoint ?? client.endpoint);
  const named = regionalHost.exec(url.hostname)?.[1];
  const region = options.region ?? named ?? client.region;
  if (!/^[a-z0-9-]+$/.test(region) || region.startsWith("oss-")) {
    throw new TypeError(`Cannot use "${region}" as a region: write it like "cn-hangzhou", without "oss-"`);
  }
  if (!options.endpoint && named && named !== region) {
    // The client's endpoint serves its own region; inside a VPC only the public one leads to another region.
    url = new URL(`https://oss-${region}.aliyuncs.com`);
  }
  const { hostname } = url;
  const pathStyle = ipAddress.test(hostname) || hostname === "localhost" || hostname.endsWith(".localhost");
  return { bucket, region, origin: url.origin, pathStyle };
}

/** The address of an object, or of the bucket when there is no key. */
export function ossUrl(address: OssAddress, key: string = "", query: Oss4Request["query"] = {}): string {
  const { bucket, origin, pathStyle } = address;
  const base = pathStyle ? `${origin}/${bucket}` : origin.replace("//", `//${bucket}.`);
  const search = canonicalQuery(query);
  return `${base}/${pctPath(key)}${search && `?${search}`}`;
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
