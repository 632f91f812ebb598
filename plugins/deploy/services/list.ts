import type { Client } from "../../../core/client.ts";
import {
  type DescribeServiceAnswer,
  type EasDescription,
  readDescription,
} from "../../../core/eas-service.ts";
import type { ServiceStatus } from "../../../core/service.ts";
import { everyPage } from "./pages.ts";
import { type RequestOptions, requestOptions } from "./ref.ts";

/** Which services {@linkcode listServices} lists: those that fit all that is given. */
export interface ListServicesOptions extends RequestOptions {
  /** The service of exactly this name. */
  name?: string;
  /** Services that have this in their name. */
  filter?: string;
  /** Services in this state. */
  status?: ServiceStatus;
  /** Services of this group. */
  group?: string;
  /** Services with these tags. */
  label?: Record<string, string>;
  /** Services of this workspace; all by default, also when the client has one. */
  workspaceId?: string;
  /** Services of this kind, such as `Async` or `Standard`. */
  type?: string;
  /** Services of this role, such as `Queue`. */
  role?: string;
  /** Services on this dedicated resource group, by its name or id. */
  resource?: string;
  /** Services behind this dedicated gateway, by its id. */
  gateway?: string;
  /** Services that use this quota, by its id. */
  quotaId?: string;
  /** Field to sort by. @default {the time of creation, by the vendor} */
  sort?: string;
  /** Direction. @default {"desc", by the vendor} */
  order?: "asc" | "desc";
  /** Services that are asked for at once. @default {100} */
  pageSize?: number;
}

/**
 * The services of an account in the client's region, asked for page by page as they are read.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-listservices.
 *
 * @throws {RangeError} when `pageSize` is no whole number from 1.
 * @throws {ApiError} when the API refuses.
 */
export function listServices(
  client: Client,
  options: ListServicesOptions = {},
): AsyncIterable<EasDescription> {
  const { name, filter, status, group, label, workspaceId, type, role, resource, gateway, quotaId } = options;
  const { sort, order, pageSize = 100 } = options;
  const query = {
    ServiceName: name,
    Filter: filter,
    ServiceStatus: status,
    GroupName: group,
    Label: label,
    WorkspaceId: workspaceId,
    ServiceType: type,
    Role: role,
    ResourceName: resource,
    Gateway: gateway,
    QuotaId: quotaId,
    Sort: sort,
    Order: order,
    PageSize: pageSize,
  };
  return everyPage("Cannot list services", pageSize, async (page) => {
    const answer = await client.call<{ Services?: DescribeServiceAnswer[]; TotalCount?: number }>(
      "ListServices",
      {
        ...requestOptions(options),
        path: "/api/v2/services",
        query: { ...query, PageNumber: page },
      },
    );
    return { items: answer.Services?.map(readDescription), total: answer.TotalCount };
  });
}
