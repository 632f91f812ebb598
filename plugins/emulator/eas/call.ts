import type { Call } from "../api.ts";
import type { Cloud } from "../cloud.ts";
import { Refusal } from "../refusal.ts";
import type { JsonObject } from "../service-config.ts";
import { isObject } from "./loose-config.ts";
import { findService, type FoundService } from "./services.ts";

export type { Action, Call } from "../api.ts";

/** Path of a service's operations. */
export const servicePath = "/api/v2/services/:cluster/:name";

// What the vendor documents of its service API's errors ends at the common ones, so the codes of refusals are plausible
// rather than certain.
/** Refuses a parameter. */
export function invalid(message: string): never {
  throw new Refusal({ status: 400, code: "InvalidParameter", message });
}

/** Refuses a name that nothing has. */
export function notFound(what: string, name: string): never {
  throw new Refusal({
    status: 404,
    code: `${what}NotFound`,
    message: `There is no ${what.toLowerCase()} ${name}.`,
  });
}

/** Refuses a region that the emulator doesn't play. */
export function checkCluster({ region }: Cloud, call: Call): void {
  const { cluster } = call.req.param();
  if (cluster === region) return;
  const message = `There is no cluster ${cluster}; the emulator runs ${region} only.`;
  throw new Refusal({ status: 404, code: "ClusterNotFound", message });
}

/** The service that the path names. */
export function named(cloud: Cloud, call: Call): FoundService {
  checkCluster(cloud, call);
  const { name = "" } = call.req.param();
  return findService(cloud, name) ?? notFound("Service", name);
}

/** The body as a JSON object. */
export function bodyOf(call: Call): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(call.get("body")));
  } catch {
    invalid("The body is not JSON.");
  }
  return isObject(value) ? value : invalid("The body is not a JSON object.");
}

/** A whole number among the members of a body, or its text. */
export function wholeNumber(value: unknown, name: string, least: number, most: number): number {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= least && number <= most) {
    return number;
  }
  return invalid(`${name} is a whole number from ${least} to ${most}.`);
}

/** A truth value of a query; clients write it in their language's way, such as Python's `True`. */
export function flag(call: Call, name: string): boolean | undefined {
  const text = call.req.query(name)?.toLowerCase();
  if (text === undefined || text === "") return undefined;
  return text === "true" || (text !== "false" && invalid(`${name} is true or false.`));
}

/** One page of a list, with what the answer says of it. */
export function paged<Item>(
  call: Call,
  items: readonly Item[],
  names: { number: "PageNumber" | "PageNum"; size: number },
): { page: Item[]; numbers: { size: number; number: number; total: number } } {
  const { [names.number]: numberText = "1", PageSize = String(names.size) } = call.req.query();
  const number = wholeNumber(numberText, names.number, 1, 1e9);
  const size = wholeNumber(PageSize, "PageSize", 1, 1e9);
  return {
    page: items.slice((number - 1) * size, number * size),
    numbers: { number, size, total: items.length },
  };
}

/** A page whose answer counts entries, as most lists do. */
export function listPage<Item>(call: Call, items: readonly Item[]): { page: Item[]; counts: JsonObject } {
  const { page, numbers } = paged(call, items, { number: "PageNumber", size: 100 });
  return { page, counts: { TotalCount: numbers.total, PageNumber: numbers.number, PageSize: numbers.size } };
}

/** A page whose answer counts pages too, as those of events and logs do. */
export function eventPage<Item>(
  call: Call,
  items: readonly Item[],
  size: number,
): { page: Item[]; counts: JsonObject } {
  const { page, numbers } = paged(call, items, { number: "PageNum", size });
  const counts = {
    TotalCount: numbers.total,
    PageNum: numbers.number,
    TotalPageNum: Math.ceil(numbers.total / numbers.size),
  };
  return { page, counts };
}

/** A time as the vendor writes it: UTC, in seconds. */
export function apiTime(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Bounds of a query in time, given in seconds as `2006-01-02 15:04:05` or in ISO 8601; always UTC. */
export function timeRange(call: Call): (at: number) => boolean {
  const { StartTime, EndTime } = call.req.query();
  const start = StartTime ? readTime("StartTime", StartTime) : -Infinity;
  const end = EndTime ? readTime("EndTime", EndTime) + 999 : Infinity; // all of that second
  return (at) => at >= start && at <= end;
}

function readTime(name: string, text: string): number {
  const iso = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?$/.test(text);
  const time = iso ? Date.parse(`${text.replace(" ", "T").replace(/Z$/, "")}Z`) : NaN;
  return Number.isNaN(time) ? invalid(`${name} is a time in UTC such as 2006-01-02 15:04:05.`) : time;
}
