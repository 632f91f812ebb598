import type { Cloud } from "../cloud.ts";
import { serviceEndpoints } from "../hosts.ts";
import type { JsonObject } from "../service-config.ts";
import { apiTime } from "./call.ts";
import { countReady } from "./instances.ts";
import { looseConfig } from "./loose-config.ts";
import { machineOf } from "./machine-spec.ts";
import { currentVersion, type ServiceRecord } from "./record.ts";
import type { FoundService } from "./services.ts";

/**
 * The service as DescribeService and ListServices show it to one who asked at this address, with every member that the
 * vendor's `Service` has: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-struct-service.
 */
export function describe(cloud: Cloud, { service, state }: FoundService, asked: URL): JsonObject {
  const { internet, intranet } = serviceEndpoints(asked, service.name, cloud);
  const { config } = currentVersion(service);
  const { metadata, container } = looseConfig(config);
  const ready = countReady(service, cloud.clock.now());
  return {
    ServiceId: service.id,
    ServiceUid: service.id,
    ServiceName: service.name,
    ServiceGroup: groupOf(service) ?? "",
    ServiceConfig: JSON.stringify(config),
    Region: cloud.region,
    Namespace: service.name,
    ParentUid: cloud.accountId,
    CallerUid: cloud.accountId,
    WorkspaceId: service.workspaceId,
    Status: state.status,
    Reason: state.reason,
    Message: state.message,
    InternetEndpoint: internet,
    IntranetEndpoint: intranet,
    SecondaryInternetEndpoint: "",
    SecondaryIntranetEndpoint: "",
    AccessToken: service.token,
    CurrentVersion: service.version,
    LatestVersion: service.versions.at(-1)?.number,
    ...machineOf(config),
    Image: text(container?.image),
    TotalInstance: service.replicas,
    RunningInstance: ready,
    PendingInstance: Math.max(0, service.replicas - ready),
    Weight: service.weight,
    TrafficState: service.trafficState,
    SafetyLock: service.safetyLock,
    Resource: text(metadata.resource),
    ResourceAlias: text(metadata.resource),
    QuotaId: text(metadata.quota_id),
    Gateway: text((config.networking as { gateway?: unknown } | null | undefined)?.gateway), // as loose as users write it
    Role: "Standard",
    RoleAttrs: "",
    Source: "OpenAPI",
    AppType: "",
    AppSpecName: "",
    AppConfig: "",
    AppVersion: "",
    ExtraData: "{}",
    Labels: Object.entries(service.labels).map(([LabelKey, LabelValue]) => ({ LabelKey, LabelValue })),
    CreateTime: apiTime(service.createdAt),
    UpdateTime: apiTime(service.updatedAt),
  };
}

/** Name of the group that a service belongs to, if it does. */
export function groupOf(service: ServiceRecord): string | undefined {
  return text(looseConfig(currentVersion(service).config).metadata.group) || undefined;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
