import { Hono } from "hono";
import type { Handler } from "../processors/handler.ts";
import { type Cloud, readBody } from "./cloud.ts";
import { discover, isInstanceAddress } from "./discovery.ts";
import { groupOf } from "./eas/describe.ts";
import { isFailure } from "./eas/failure.ts";
import { groups, groupToken } from "./eas/groups.ts";
import { countReady, readyInstances } from "./eas/instances.ts";
import { printRequest } from "./eas/logs.ts";
import { currentVersion, type ServiceRecord } from "./eas/record.ts";
import { findService, type FoundService } from "./eas/services.ts";
import { discoveryPaths } from "./hosts.ts";
import { plainText } from "./plain-text.ts";
import { askQueue } from "./queue/ask.ts";
import { hasQueues } from "./queue/service-queues.ts";
import { runService } from "./request-encoding.ts";
import { ServiceLimits } from "./service-limits.ts";
import { isSigned, verifyEas } from "./verify-eas.ts";

/**
 * The inference gateway: `/api/predict/<service>[/path]`, and `/api/predict/<group>` for the services of a group that
 * take part in its traffic; at an instance's own address the same without the gateway's choice. It answers in text, as the real one does: an empty 404 for a service it has no route to,
 * 401 for a token, 503 while nothing behind it answers.
 */
export function gateway(cloud: Cloud): Hono {
  const app = new Hono();
  app.all("/api/predict/*", ({ req }) => predict(cloud, req.raw));
  for (const path of discoveryPaths) {
    app.get(`${path}/:service{.+}`, ({ req }) => {
      const [service = ""] = req.param("service").split("/"); // one of the vendor's clients sends the path as well
      return discover(cloud, service, new URL(req.url));
    });
  }
  app.all("*", () => new Response(null, { status: 404 }));
  return app;
}

async function predict(cloud: Cloud, request: Request): Promise<Response> {
  const { method, headers, signal } = request;
  const { hostname, pathname, search } = new URL(request.url);
  const [, , , name = "", ...rest] = pathname.split("/"); // "", "api", "predict", name, …
  const route = routeOf(cloud, name);
  if (!route) return new Response(null, { status: 404 });
  const { tokens } = route;
  const sent = headers.get("authorization");
  if (!isSigned(headers) && !tokens.some((token) => sent === token || sent === `Bearer ${token}`)) {
    return plainText(401, "Unauthorized: the token of the service is missing or wrong");
  }
  const body = await readBody(request, cloud);
  if (!body) return plainText(413, `the body is longer than ${cloud.maxBodyBytes} bytes`);
  const fault = isSigned(headers) &&
    verifyEas({ method, resource: pathname + search, headers, body }, tokens);
  if (fault) return plainText(401, `Unauthorized: ${fault}`);

  const { service, state } = route.found ?? {};
  if (state?.status === "Stopped" || state?.status === "Stopping") return new Response(null, { status: 503 });
  const queued = service !== undefined && hasQueues(service) && !isInstanceAddress(hostname);
  const isChanging = state?.status === "Scaling" || state?.status === "Updating"; // a queue needs no instance
  if (!service || !(state?.routed || queued && isChanging)) return plainText(503, "no healthy upstream");
  const path = `/${rest.join("/")}`;
  if (queued) return await askQueue(cloud, service, { request, path, search, body });
  const instance = nextInstance(cloud, service, hostname);
  if (!instance) return plainText(503, "no healthy upstream");

  const url = `http://${service.name}${path}${search}`;
  service.limits ??= new ServiceLimits(cloud.clock);
  const { config } = currentVersion(service);
  const inner = { method, url, headers, body, signal };
  const run = (): Promise<Response> => runService(cloud, config, instance.run, inner);
  const answer = await service.limits.run(config, instance.name, run);
  const status = signal.aborted ? 499 : answer.status; // what the vendor's log says when the caller has gone
  const line = `INFO ${method} ${path} ${body.length} bytes: ${status}`;
  printRequest(service, { at: cloud.clock.now(), instance: instance.name, text: line });
  return answer;
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

/** The instance whose turn it is, or that lives at the address, which answers with what it runs. */
function nextInstance(
  cloud: Cloud,
  service: ServiceRecord,
  hostname: string,
): { name: string; run: Handler } | undefined {
  const ready = readyInstances(service, cloud.clock.now());
  const instance = isInstanceAddress(hostname)
    ? ready.find(({ ip }) => ip === hostname)
    : ready[service.requests++ % ready.length];
  return instance && !isFailure(instance.runner)
    ? { name: instance.name, run: instance.runner.run }
    : undefined;
}
