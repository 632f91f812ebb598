import type { EasDeployOptions } from "../eas/options.ts";
import { isJsonObject, type JsonObject } from "../json-object.ts";

/** What happens to the labels of a service. */
export interface LabelUpdate {
  /** Labels that are added or get another value; absent when there are none. */
  set?: Record<string, string>;
  /** Labels that go; absent when there are none. */
  remove?: string[];
  /** All labels afterwards; absent when nobody has said a word about labels. */
  all?: Record<string, string>;
}

/** The labels that are wanted; `undefined` when neither configuration nor options speak of labels, so that they stay. */
export function labelsOf(
  { labels }: JsonObject,
  options: Pick<EasDeployOptions, "labels">,
): Record<string, string> | undefined {
  if (labels === undefined && options.labels === undefined) return undefined;
  const own = isJsonObject(labels) ? Object.entries(labels).map(([key, value]) => [key, String(value)]) : [];
  return { ...Object.fromEntries(own), ...options.labels };
}

// Prefixes that the vendor keeps for itself: https://help.aliyun.com/zh/tag/product-overview/limits.
const vendors = /^(acs:|aliyun)/i;

/** Chooses what to do so that a service has these labels, and beside them only the vendor's own. */
export function labelUpdate(
  running: Readonly<Record<string, string>>,
  wanted: Record<string, string> | undefined,
): LabelUpdate {
  if (wanted === undefined) return {};
  const kept = Object.entries(running).filter(([key]) => vendors.test(key));
  const all = { ...Object.fromEntries(kept), ...wanted };
  const set = Object.entries(all).filter(([key, value]) => running[key] !== value);
  const remove = Object.keys(running).filter((key) => !Object.hasOwn(all, key));
  return {
    all,
    ...(set.length > 0 && { set: Object.fromEntries(set) }),
    ...(remove.length > 0 && { remove }),
  };
}
