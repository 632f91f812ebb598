import type { Cloud } from "../cloud.ts";
import { type JsonObject, parseLabels } from "../service-config.ts";
import { type Call, invalid, listPage } from "./call.ts";
import { describe } from "./describe.ts";
import { looseConfig } from "./loose-config.ts";
import { currentVersion } from "./record.ts";
import { allServices, type FoundService } from "./services.ts";

/** Parameters that a member of a service's description has to equal. */
const exact: Readonly<Record<string, string>> = {
  ServiceName: "ServiceName",
  ServiceUid: "ServiceUid",
  ServiceStatus: "Status",
  GroupName: "ServiceGroup",
  Gateway: "Gateway",
  QuotaId: "QuotaId",
  Role: "Role",
  ResourceName: "Resource",
  WorkspaceId: "WorkspaceId",
};

/** ListServices: one page of the services that pass all filters, the newest first unless told otherwise. */
export function listServices(cloud: Cloud, call: Call): JsonObject {
  const query = call.req.query();
  const asked = new URL(call.req.url);
  const labels = Object.entries(parseLabels(query.Label || {}));
  const matching = allServices(cloud)
    .filter((found) => found.service.name.includes(query.Filter ?? "") && isOfType(found, query.ServiceType))
    .filter(({ service }) => labels.every(([key, value]) => service.labels[key] === value))
    .filter(() => !query.ParentServiceUid) // no service of the emulator is a part of another
    .map((found) => describe(cloud, found, asked))
    .filter((shown) => isOnResource(shown, query.ResourceType))
    .filter((shown) =>
      Object.entries(exact).every(([name, member]) => !query[name] || query[name] === shown[member])
    );
  const { page, counts } = listPage(call, sorted(matching, query));
  return { Services: page, ...counts };
}

function isOfType({ service }: FoundService, type: string | undefined): boolean {
  const { metadata } = looseConfig(currentVersion(service).config);
  return !type || type === (metadata.type ?? "Standard");
}

function isOnResource({ Resource }: JsonObject, type: string | undefined): boolean {
  return !type || type === (Resource ? "DedicatedResource" : "PublicResource");
}

/** Sorts by time of creation, which is the order they come in, or by another member. */
function sorted(services: JsonObject[], { Sort, Order = "desc" }: Record<string, string>): JsonObject[] {
  const down = Order.toLowerCase() !== "asc";
  if (Sort && Sort !== "CreateTime" && Sort !== "Timestamp") {
    if (!services.every((service) => Object.hasOwn(service, Sort))) {
      invalid(`Services can't be sorted by ${Sort}.`);
    }
    services.sort((a, b) => compare(a[Sort], b[Sort]));
  }
  return down ? services.reverse() : services;
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a) < String(b) ? -1 : Number(String(a) > String(b));
}
