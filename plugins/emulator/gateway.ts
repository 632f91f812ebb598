import { Hono } from "hono";
import { type Cloud, readBody } from "./cloud.ts";
import { groupOf } from "./eas/describe.ts";
import { type Handler, isFailure } from "./eas/failure.ts";
import { groups, groupToken } from "./eas/groups.ts";
import { countReady, readyInstances } from "./eas/instances.ts";
import { printRequest } from "./eas/logs.ts";
import type { ServiceRecord } from "./eas/record.ts";
import { findService, type FoundService } from "./eas/services.ts";

/**
 * The inference gateway: `/api/predict/<service>[/path]`, and `/api/predict/<group>` for the services of a group that
 * take part in its traffic. It answers in text, as the real one does: an empty 404 for a service it has no route to,
 * 401 for a token, 503 while nothing behind it answers.
 */
export function gateway(cloud: Cloud): Hono {
  const app = new Hono();
  app.all("/api/predict/*", async ({ req }) => {
    const [, , , , name = "", ...rest] = req.path.split("/"); // "", "gateway", "api", "predict", name, …
    const route = routeOf(cloud, name);
    if (!route) return new Response(null, { status: 404 });

    const sent = req.header("authorization");
    if (!route.tokens.some((token) => sent === token || sent === `Bearer ${token}`)) {
      return text(401, "Unauthorized: the token of the service is missing or wrong");
    }
    const { service, state } = route.found ?? {};
    if (state?.status === "Stopped" || state?.status === "Stopping") {
      return new Response(null, { status: 503 });
    }
    const instance = service && state?.routed && nextInstance(cloud, service);
    if (!instance) return text(503, "no healthy upstream");

    const body = await readBody(req.raw, cloud);
    if (!body) return text(413, `the body is longer than ${cloud.maxBodyBytes} bytes`);
    const path = `/${rest.join("/")}`;
    const url = `http://${service.name}${path}${new URL(req.url).search}`;
    const answer = await answerOf(() => instance.run(inner(req.raw, url, body)));
    const line = `INFO ${req.method} ${path} ${body.length} bytes: ${answer.status}`;
    printRequest(service, { at: cloud.clock.now(), instance: instance.name, text: line });
    return answer;
  });
  app.all("*", () => new Response(null, { status: 404 }));
  return app;
}

/** Where a request goes, and the tokens that it may carry. */
interface Route {
  found: FoundService | undefined;
  tokens: string[];
}

function routeOf(cloud: Cloud, name: string): Route | undefined {
  const alone = name.slice(name.indexOf(".") + 1); // a service of a group has both names: `iris` and `flowers.iris`
  const found = findService(cloud, alone);
  if (found && (name === alone || name === `${groupOf(found.service)}.${alone}`)) {
    return found.state.status === "Deleting" ? undefined : { found, tokens: [found.service.token] };
  }
  const members = groups(cloud).get(name);
  if (!members) return undefined;
  const member = pick(cloud, members);
  return { found: member, tokens: [groupToken(cloud, name), ...members.map(({ token }) => token)] };
}

/** Spreads a group's requests over those of its services that take part, evenly by weight and instances. */
function pick(cloud: Cloud, members: readonly ServiceRecord[]): FoundService | undefined {
  const shares = members.filter(({ trafficState }) => trafficState === "grouping").flatMap((service) => {
    const found = findService(cloud, service.name);
    const share = (service.weight < 0 ? 100 : service.weight) * countReady(service, cloud.clock.now());
    return found?.state.routed && share > 0 ? [{ found, share }] : [];
  });
  const total = shares.reduce((sum, { share }) => sum + share, 0);
  let place = (cloud.store.nextTurn() * 0.618_033_988_749_895) % 1 * total; // the golden ratio leaves no gap for long
  return shares.find(({ share }) => (place -= share) < 0)?.found;
}

/** The instance whose turn it is, which answers with what it runs. */
function nextInstance(cloud: Cloud, service: ServiceRecord): { name: string; run: Handler } | undefined {
  const ready = readyInstances(service, cloud.clock.now());
  const instance = ready[service.requests++ % ready.length];
  return instance && !isFailure(instance.runner)
    ? { name: instance.name, run: instance.runner.run }
    : undefined;
}

async function answerOf(run: () => Response | Promise<Response>): Promise<Response> {
  try {
    return await run();
  } catch (error) {
    return text(500, `the service failed: ${error instanceof Error ? error.message : error}`);
  }
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
