import { everyPage } from "./pages.ts";
import { callService, clientOf, type EasRef, type RequestOptions, requestOptions } from "./ref.ts";
import { readTime, wireTime } from "./time.ts";

/** Something that happened to a service or one of its instances. */
export interface ServiceEvent {
  /** Whether it is as it should be. */
  type: "Normal" | "Warning" | (string & Record<never, never>);
  /** Short reason, such as `Updating` or `BackOff`. */
  reason: string;
  /** One sentence; what the vendor packs into JSON is unpacked. */
  message: string;
  /** When it happened, when the answer tells. */
  time?: Date;
}

/** Options of {@linkcode listEvents}. */
export interface ListEventsOptions extends RequestOptions {
  /** Only what happened since then. @default {seven days ago, by the vendor} */
  since?: Date;
  /** Only what happened until then. @default {now, by the vendor} */
  until?: Date;
  /** Only events of this type. */
  type?: "Normal" | "Warning";
  /** Only what happened to this instance. */
  instance?: string;
  /** Events that are asked for at once. @default {100} */
  pageSize?: number;
}

/**
 * What happened to a service, in the vendor's order, asked for page by page as it is read.
 *
 * Source: https://help.aliyun.com/en/pai/developer-reference/api-eas-2021-07-01-describeserviceevent.
 *
 * @throws {RangeError} when `pageSize` is no whole number from 1.
 * @throws {ApiError} when the API refuses.
 */
export function listEvents(service: EasRef, options: ListEventsOptions = {}): AsyncIterable<ServiceEvent> {
  const { since, until, type, instance, pageSize = 100 } = options;
  const what = `Cannot list the events of service "${service?.name}"`;
  clientOf(what, service);
  return everyPage(what, pageSize, async (page) => {
    const { Events, TotalCount } = await callService<EventsAnswer>(service, "DescribeServiceEvent", [
      "events",
    ], {
      ...requestOptions(options),
      query: {
        StartTime: since && wireTime(since),
        EndTime: until && wireTime(until),
        EventType: type,
        InstanceName: instance,
        PageNum: page,
        PageSize: pageSize,
      },
    });
    return { items: Events?.map(readEvent), total: TotalCount };
  });
}

interface EventsAnswer {
  Events?: { Type?: string; Reason?: string; Message?: string; Time?: string }[];
  TotalCount?: number;
}

function readEvent(
  { Type = "", Reason = "", Message = "", Time }: NonNullable<EventsAnswer["Events"]>[number],
) {
  const time = readTime(Time);
  return { type: Type, reason: Reason, message: sentence(Message), ...(time && { time }) };
}

// `{"versionId":1,"message":"Stage scale complete","availableInstance":1,"unavailableInstance":0}`
function sentence(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? message : text;
  } catch {
    return text; // a sentence as it is
  }
}
