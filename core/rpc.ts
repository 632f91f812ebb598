import { utf8 } from "./encoding.ts";

/**
 * Writes nested parameters as actions of the RPC style want them, for the query of `client.call`: `Parent.Member`
 * for members, `Parent.1` for the first item of a list. Missing members vanish, but the items after a missing one
 * keep their numbers.
 *
 * Source: "V3 request structure and signature", https://help.aliyun.com/document_detail/2712195.html.
 *
 * @throws {TypeError} for a `Date`, whose format each API decides for itself.
 *
 * @example
 * ```ts
 * import { flatten } from "@pai-edge/sdk";
 *
 * console.log(flatten({ Tag: [{ Key: "team", Value: "vision" }] })); // { "Tag.1.Key": "team", "Tag.1.Value": "vision" }
 * ```
 */
export function flatten(parameters: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).flatMap(([name, value]) => flattenValue(name, value)));
}

function flattenValue(name: string, value: unknown): [string, string][] {
  if (value === undefined || value === null) return [];
  if (value instanceof Date) {
    throw new TypeError(`Cannot write "${name}": format the date as the API wants it`);
  }
  if (typeof value !== "object") return [[name, String(value)]];
  const first = Array.isArray(value) ? 1 : undefined;
  return Object.entries(value).flatMap(([key, item]) =>
    flattenValue(`${name}.${first ? +key + first : key}`, item)
  );
}

/**
 * Writes nested parameters as a form, for the actions that take them in the body:
 * `client.call("…", { product, ...form({ … }) })`.
 */
export function form(
  parameters: Readonly<Record<string, unknown>>,
): { method: "POST"; body: Uint8Array<ArrayBuffer>; headers: Record<string, string> } {
  const pairs = Object.entries(flatten(parameters)).map((pair) => pair.map(encodeURIComponent).join("="));
  return {
    method: "POST",
    body: utf8(pairs.join("&")),
    headers: { "content-type": "application/x-www-form-urlencoded" },
  };
}
