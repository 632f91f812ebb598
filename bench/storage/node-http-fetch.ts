/**
 * A `Fetch` over `node:http`, for those who send large bodies from Node, whose own `fetch` moves them at half the speed:
 * an example of an injected transport. It keeps connections, follows no redirects and decodes nothing.
 *
 * @module
 */
import { Agent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as SecureAgent, request as requestHttps } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Makes one, with connections of its own. */
export function nodeHttpFetch(): (url: string, init: RequestInit) => Promise<Response> {
  const agents = { "http:": new Agent({ keepAlive: true }), "https:": new SecureAgent({ keepAlive: true }) };
  return (url, { method = "GET", headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const { protocol } = new URL(url);
      const isSecure = protocol === "https:";
      const options = {
        method,
        headers: Object.fromEntries(new Headers(headers)),
        agent: agents[isSecure ? "https:" : "http:"],
        signal: signal ?? undefined,
      };
      const request = (isSecure ? requestHttps : requestHttp)(url, options, (incoming) => {
        resolve(answerOf(incoming, method));
      });
      request.on("error", reject);
      if (body === null || body === undefined) return request.end();
      if (body instanceof Uint8Array) return request.end(body);
      const stream = body instanceof ReadableStream ? body : new Response(body).body!; // there is a body
      pipeline(Readable.from(stream, { objectMode: false }), request).catch(reject);
    });
}

function answerOf(incoming: IncomingMessage, method: string): Response {
  const { statusCode: status = 0, rawHeaders } = incoming, headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i] ?? "", rawHeaders[i + 1] ?? "");
  if (method === "HEAD" || [101, 204, 205, 304].includes(status)) {
    incoming.resume();
    return new Response(null, { status, headers });
  }
  return new Response(bodyOf(incoming), { status, headers });
}

/** Chunks as they come, none that nobody has asked for. `Readable.toWeb` takes several times as long for each. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    type: "bytes",
    start(controller): void {
      incoming.on("data", (chunk: Uint8Array<ArrayBuffer>) => {
        controller.enqueue(chunk);
        if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
      });
      incoming.pause();
      incoming.once("end", () => {
        controller.close();
        controller.byobRequest?.respond(0); // nothing more comes for a reader that waits
      });
      incoming.once("error", (error) => controller.error(error));
      incoming.once("aborted", () => controller.error(new TypeError("the connection broke")));
    },
    pull: () => void incoming.resume(),
    cancel: () => void incoming.destroy(),
  }, { highWaterMark: 0 });
}
