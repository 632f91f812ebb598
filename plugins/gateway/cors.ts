/** Which pages may call a gateway from a browser. */
export interface CorsOptions {
  /** Origins such as `https://example.com`; `"*"` for all; or a function of the origin. */
  origins: "*" | readonly string[] | ((origin: string) => boolean);
  /** Whether browsers may send cookies and the like. @default {false} */
  credentials?: boolean;
  /** How long a browser remembers what it was told, in seconds. @default {7200} the longest that Chromium does */
  maxAge?: number;
  /** Headers that the page may read, besides `retry-after` and `x-request-id`. */
  exposeHeaders?: readonly string[];
}

/** The rules of one gateway, by the Fetch standard: https://fetch.spec.whatwg.org/#http-cors-protocol. */
export interface Cors {
  /** Whether a request comes from no page, a page of the gateway's own origin, or one that may call. */
  allows(request: Request): boolean;
  /** The answer to a browser that asks before it sends, or `undefined` when the request is no such question. */
  preflight(request: Request): Response | undefined;
  /** The answer, which the page may read when it may call. */
  share(request: Request, response: Response): Response;
}

/** @throws {TypeError} when any page could call with its user's cookies. */
export function corsRules(options: CorsOptions, methods: readonly string[]): Cors {
  const { origins, credentials, maxAge = 7200, exposeHeaders = [] } = options;
  if (origins === "*" && credentials) {
    throw new TypeError(
      'Cannot make a gateway: cors.credentials with origins "*" would let any page in; list them',
    );
  }
  const isListed = (origin: string): boolean =>
    origins === "*" || (typeof origins === "function" ? origins(origin) : origins.includes(origin));
  const exposed = ["retry-after", "x-request-id", ...exposeHeaders].join(", ");

  return {
    allows({ headers, url }) {
      const origin = headers.get("origin");
      return !origin || isListed(origin) || origin === new URL(url).origin;
    },
    preflight({ method, headers }) {
      if (method !== "OPTIONS" || !headers.has("access-control-request-method")) return undefined;
      const answer = new Response(null, { status: 204 });
      answer.headers.set("access-control-allow-methods", methods.join(", "));
      // Whatever is asked for: clients send many headers of their own, and the service gets none that isn't listed.
      const asked = headers.get("access-control-request-headers");
      if (asked) answer.headers.set("access-control-allow-headers", asked);
      answer.headers.set("access-control-max-age", `${maxAge}`);
      answer.headers.set("vary", "access-control-request-headers");
      return answer;
    },
    share({ headers }, response) {
      const shared = new Response(response.body, response); // whose headers can be set
      if (origins !== "*") shared.headers.append("vary", "origin"); // also where there is none: caches must know
      const origin = headers.get("origin");
      if (!origin || !isListed(origin)) return shared;
      shared.headers.set("access-control-allow-origin", origins === "*" ? "*" : origin);
      shared.headers.set("access-control-expose-headers", exposed);
      if (credentials) shared.headers.set("access-control-allow-credentials", "true");
      return shared;
    },
  };
}
