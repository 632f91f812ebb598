/**
 * A transport to inject on Node: `request` of the package undici, which does less than `fetch` for each call, over a pool
 * of connections. README.md shows it; answers are read whole, so it is not for streams.
 *
 * @module
 */
import type { Fetch } from "../../core/fetch.ts";

/** Makes one. The package is loaded here, since Node alone gains by it. */
export async function undiciFetch(): Promise<Fetch> {
  const { Agent, request } = await import("undici");
  const dispatcher = new Agent({ connections: 64 });
  return async (url, { method, headers, body, signal }) => {
    const answer = await request(url, {
      method: method as "POST", // a predictor uses others where it is told to
      headers: headers as Record<string, string>, // a predictor's own are a record
      body: body as string | Uint8Array, // and it sends text or bytes
      signal,
      dispatcher,
    });
    const init = { status: answer.statusCode, headers: answer.headers as Record<string, string> }; // no list comes
    return new Response(await answer.body.arrayBuffer(), init);
  };
}
