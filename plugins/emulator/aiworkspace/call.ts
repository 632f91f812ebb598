import type { Call } from "../api.ts";
import type { Cloud } from "../cloud.ts";
import { apiTime, invalid } from "../eas/call.ts";
import { Refusal } from "../refusal.ts";
import type { JsonObject } from "../service-config.ts";

/** Refuses what is there already. */
export function exists(what: string, name: string): never {
  const message = `The ${what.toLowerCase()} ${name} already exists.`;
  throw new Refusal({ status: 409, code: `${what}AlreadyExists`, message });
}

/** A text among the members of a body; `undefined` when it is missing or empty. */
export function textOf(body: JsonObject, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null || value === "") return undefined;
  return typeof value === "string" ? value : invalid(`${name} is not a text.`);
}

/** A list of labels, `[{ Key, Value }]`. */
export function labelsOf(value: unknown): { Key: string; Value: string }[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return invalid("Labels is not a list.");
  return value.map((label: unknown) => {
    const { Key, Value }: JsonObject = Object(label); // a list may hold anything
    return typeof Key === "string" && Key ? { Key, Value: String(Value) } : invalid("A label has no Key.");
  });
}

/** Whether labels have all of `a=1,b=2`; `*` is any value. */
export function haveLabels(labels: Readonly<Record<string, string>>, filter: string | undefined): boolean {
  return (filter ?? "").split(",").filter((condition) => condition.trim() !== "").every((condition) => {
    const [key = "", ...rest] = condition.trim().split("=");
    const value = rest.join("=");
    return Object.hasOwn(labels, key) && (value === "*" || labels[key] === value);
  });
}

/** Cuts the asked page out of a list that is the oldest first. */
export function pageOf<Item>(
  call: Call,
  oldestFirst: readonly Item[],
  { order, size: usual }: { order: "ASC" | "DESC"; size: number },
): Item[] {
  const { Order = order, PageNumber = "1", PageSize = `${usual}` } = call.req.query();
  const [number, size] = [Number(PageNumber), Number(PageSize)];
  if (!(Number.isInteger(number) && number >= 1 && Number.isInteger(size) && size >= 1 && size <= 100)) {
    invalid("PageNumber is a whole number from 1, PageSize one from 1 to 100.");
  }
  const sorted = Order.toUpperCase() === "DESC" ? oldestFirst.toReversed() : oldestFirst;
  return sorted.slice((number - 1) * size, number * size);
}

/** The time of a change. */
export function now({ clock }: Cloud): string {
  return apiTime(clock.now());
}
