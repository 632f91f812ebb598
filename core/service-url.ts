import { hasDotSegment } from "./percent.ts";

/** A query: a value of `null` writes just its key, `undefined` nothing, a list one pair for each item. */
export type Query = Readonly<Record<string, QueryValue | readonly QueryValue[]>>;

/** One value of a {@linkcode Query}. */
export type QueryValue = string | number | bigint | boolean | null | undefined;

/** Finds a host of a gateway on the internet. Those inside a VPC offer no TLS. */
export const publicGateway = /^(?![^/]*[.-]vpc\.)[^/]*\.pai-eas\.aliyuncs\.com/i;

/**
 * The base address of a service: a full address as the control plane or the console gives it, or a gateway's host
 * and the service's name. Without a scheme it is https on the public shared gateway, else http.
 *
 * Source: "Overview of service invocation", https://help.aliyun.com/document_detail/250807.html.
 *
 * @throws {TypeError} when the endpoint is no such address, or the name is missing or contradicts it.
 */
export function serviceUrl(endpoint: string | URL, serviceName = ""): string {
  const given = `${endpoint ?? ""}`.trim();
  const hasScheme = given.includes("://");
  const url = hasScheme ? given : `${publicGateway.test(given) ? "https" : "http"}://${given}`;
  const name = encodeURIComponent(serviceName.replace(/^\/+|\/+$/g, ""));
  const named = /\/api\/predict\/([^/?]+)/.exec(url)?.[1];
  const valid = /^https?:\/\/[^/?#@]+([/?][^#]*)?$/i.test(url) && URL.canParse(url);
  if (!valid || (name ? named && named !== name : !named && !hasScheme)) {
    throw new TypeError(
      `Cannot use "${
        given.replace(/.*@|[?#].*/g, "***")
      }" as endpoint of "${name}": give a URL or a host and serviceName`,
    );
  }
  return name && !named ? requestUrl(url, `api/predict/${name}`) : url;
}

/**
 * The address of one request: the base, exactly one slash, the path, and the queries of all three.
 *
 * @param path May carry a query of its own; leading slashes don't matter; `""` is the base itself.
 * @throws {TypeError} when the path has a `.` or `..` segment, which would lead out of the service.
 */
export function requestUrl(base: string, path = "", query: Query = {}): string {
  const url = new URL(base);
  const [below = "", ...ownQuery] = path.split("?");
  if (hasDotSegment(below)) {
    throw new TypeError(`Cannot call the path "${path}": it leaves the service`);
  }
  if (below) url.pathname = `${url.pathname.replace(/\/+$/, "")}/${below.replace(/^\/+/, "")}`;
  url.search = [url.search.slice(1), ownQuery.join("?"), ...queryPairs(query)].filter(Boolean).join("&");
  return url.href;
}

function queryPairs(query: Query): string[] {
  return Object.entries(query).flatMap(([key, value]) =>
    [value].flat().map((item) => {
      const pair = `${new URLSearchParams([[key, `${item ?? ""}`]])}`;
      return item === undefined ? "" : item === null ? pair.slice(0, -1) : pair;
    })
  );
}
