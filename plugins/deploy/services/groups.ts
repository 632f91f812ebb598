import type { Client } from "../../../core/client.ts";
import { pct } from "../../../core/percent.ts";
import { everyPage } from "./pages.ts";
import { type RequestOptions, requestOptions } from "./ref.ts";
import { readTime } from "./time.ts";

/** A group of services that share an address, and the traffic that comes to it by their weights. */
export interface ServiceGroup {
  /** Name of the group. */
  name: string;
  /** Address for callers on the internet. */
  internetEndpoint?: string;
  /** Address for callers inside the VPC. */
  intranetEndpoint?: string;
  /** The queue of an asynchronous group. */
  queueService?: string;
  /** How traffic is shared among the services. */
  trafficMode?: string;
  /** When the group was made. */
  createdAt?: Date;
  /** When it was changed last. */
  updatedAt?: Date;
  /** Token of the group. Not enumerable and behind a getter, so that printing a group never shows it. */
  readonly accessToken?: string;
  /** The whole answer, without the access token. */
  raw: Readonly<Record<string, unknown>>;
}

/** Which groups {@linkcode listGroups} lists: those that fit all that is given. */
export interface ListGroupsOptions extends RequestOptions {
  /** Groups that have this in their name. */
  filter?: string;
  /** Groups of this workspace. */
  workspaceId?: string;
  /** Groups that are asked for at once. @default {100} */
  pageSize?: number;
}

/**
 * The groups of an account in the client's region, asked for page by page as they are read.
 *
 * Source: https://www.alibabacloud.com/help/en/pai/developer-reference/api-eas-2021-07-01-listgroups.
 *
 * @throws {RangeError} when `pageSize` is no whole number from 1.
 * @throws {ApiError} when the API refuses.
 */
export function listGroups(client: Client, options: ListGroupsOptions = {}): AsyncIterable<ServiceGroup> {
  const { filter, workspaceId, pageSize = 100 } = options;
  return everyPage("Cannot list groups", pageSize, async (page) => {
    const { Groups, TotalCount } = await client.call<{ Groups?: WireGroup[]; TotalCount?: number }>(
      "ListGroups",
      {
        ...requestOptions(options),
        path: "/api/v2/groups",
        query: { Filter: filter, WorkspaceId: workspaceId, PageNumber: page, PageSize: pageSize },
      },
    );
    return { items: Groups?.map(readGroup), total: TotalCount };
  });
}

/**
 * Asks about one group.
 *
 * @throws {TypeError} when there is no name.
 * @throws {ApiError} when there is no such group, or the API refuses.
 */
export async function describeGroup(
  client: Client,
  name: string,
  options: RequestOptions = {},
): Promise<ServiceGroup> {
  if (!name) throw new TypeError("Cannot describe a group without a name");
  const path = `/api/v2/groups/${pct(client.region)}/${pct(name)}`;
  return readGroup(await client.call<WireGroup>("DescribeGroup", { ...requestOptions(options), path }));
}

interface WireGroup extends Record<string, unknown> {
  Name?: string;
  AccessToken?: string;
  InternetEndpoint?: string;
  IntranetEndpoint?: string;
  QueueService?: string;
  TrafficMode?: string;
  CreateTime?: string;
  UpdateTime?: string;
}

function readGroup({ AccessToken, ...raw }: WireGroup): ServiceGroup {
  const group: ServiceGroup = {
    name: raw.Name ?? "",
    internetEndpoint: raw.InternetEndpoint,
    intranetEndpoint: raw.IntranetEndpoint,
    queueService: raw.QueueService || undefined,
    trafficMode: raw.TrafficMode,
    createdAt: readTime(raw.CreateTime),
    updatedAt: readTime(raw.UpdateTime),
    raw,
  };
  return Object.defineProperty(group, "accessToken", { get: () => AccessToken });
}
