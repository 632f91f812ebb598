import { Hono } from "hono";
import { type Cloud, readBody } from "./cloud.ts";
import { isFailure } from "./processors.ts";
import { serviceState } from "./service-state.ts";

/**
 * The inference gateway: `/api/predict/<service>[/path]`. It answers in text, as the real one does: an empty 404
 * for a service it has no route to, 401 for a token, 503 while nothing behind it answers.
 */
export function gateway(cloud: Cloud): Hono {
  const app = new Hono();
  app.all("/api/predict/*", async ({ req }) => {
    const [, , , , name = "", ...rest] = req.path.split("/"); // "", "gateway", "api", "predict", name, …
    const service = cloud.store.services.get(name);
    const failure = service && isFailure(service.runner) ? service.runner : undefined;
    const state = service && serviceState(service.transition, failure, cloud.delays, cloud.clock.now());
    if (!service || !state || state.status === "Deleting") return new Response(null, { status: 404 });

    const sent = req.header("authorization");
    if (sent !== service.token && sent !== `Bearer ${service.token}`) {
      return text(401, "Unauthorized: the token of the service is missing or wrong");
    }
    if (state.status === "Stopped" || state.status === "Stopping") return new Response(null, { status: 503 });
    if (!state.routed || isFailure(service.runner)) return text(503, "no healthy upstream");

    const body = await readBody(req.raw, cloud);
    if (!body) return text(413, `the body is longer than ${cloud.maxBodyBytes} bytes`);
    const url = `http://${service.name}/${rest.join("/")}${new URL(req.url).search}`;
    try {
      return await service.runner.run(inner(req.raw, url, body));
    } catch (error) {
      return text(500, `the service failed: ${error instanceof Error ? error.message : error}`);
    }
  });
  app.all("*", () => new Response(null, { status: 404 }));
  return app;
}

function text(status: number, message: string): Response {
  return new Response(message, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}

/** The request as the service sees it. */
function inner({ method, headers, signal }: Request, url: string, body: Uint8Array<ArrayBuffer>): Request {
  const forwarded = new Headers(headers);
  forwarded.delete("host");
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(url, { method, headers: forwarded, signal, ...(hasBody && { body }) });
}
