import { isObject, type Path } from "./path.ts";

/** A part of a configuration that a rule judges. */
export interface Part {
  /** The object. */
  value: Readonly<Record<string, unknown>>;
  /** Where it is. */
  path: Path;
}

/**
 * The parts that a rule's selector names, in groups: the items of one list together, anything else alone. Parts that
 * are not there, or no objects, are none.
 */
export function partGroups(config: unknown, selector: string): Part[][] {
  let groups: Part[][] = [isObject(config) ? [{ value: config, path: [] }] : []];
  for (const step of selector === "" ? [] : selector.split(".")) {
    const key = step.replace(/\[\]$/, "");
    groups = groups.flat().map((part) => within(part, key, step !== key));
  }
  return groups.filter((group) => group.length > 0);
}

function within({ value, path }: Part, key: string, isList: boolean): Part[] {
  const child = Object.hasOwn(value, key) ? value[key] : undefined;
  if (!isList) return isObject(child) ? [{ value: child, path: [...path, key] }] : [];
  if (!Array.isArray(child)) return [];
  return child.flatMap((item, index) => isObject(item) ? [{ value: item, path: [...path, key, index] }] : []);
}
