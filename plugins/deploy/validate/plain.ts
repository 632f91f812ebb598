import { isFileSource } from "../../../core/files.ts";
import { uploadKey } from "../json-object.ts";
import { isObject, type Path, pathText } from "./path.ts";
import type { ConfigProblem } from "./problem.ts";

/** Where files that wait for their upload are taken to be. */
const uploads = "oss://uploads/";

// Halves of characters; the validator can't point to a key that has one.
const halves = /\p{Surrogate}/gu;

/**
 * A configuration as the service reads it: without the keys whose value is `null`, and with files uploaded. What is
 * not JSON is left out and told.
 */
export function plain(config: unknown): { value: unknown; problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const copy = (value: unknown, path: Path, parents: readonly unknown[]): unknown => {
    const message = parents.includes(value) ? "the value contains itself; end it somewhere" : notJson(value);
    if (message) {
      problems.push({ path: pathText(path), message, severity: "error" });
      return undefined;
    }
    const child = (item: unknown, step: string | number): unknown =>
      copy(item ?? undefined, [...path, step], [...parents, value]);
    if (Array.isArray(value)) return value.map((item, index) => child(item, index) ?? null);
    return isObject(value) ? members(value, child) : value;
  };
  return { value: copy(config, [], []), problems };
}

function members(
  object: Readonly<Record<string, unknown>>,
  child: (item: unknown, key: string) => unknown,
): unknown {
  const entries = Object.entries(object).filter(([key]) => key !== uploadKey)
    .map(([key, item]) => [key.replace(halves, "\ufffd"), child(item, key)] as const)
    .filter(([, item]) => item !== undefined);
  const copied = Object.fromEntries(entries);
  if (!Object.hasOwn(object, uploadKey)) return copied;
  return entries.length > 0 ? { ...copied, oss: { path: uploads } } : uploads; // a mount, or the model
}

function notJson(value: unknown): string | undefined {
  if (isFileSource(value)) return "files have no place here; give them to mount, setModelData or new Model";
  if (["bigint", "function", "symbol"].includes(typeof value)) {
    return `a ${typeof value} is no JSON; write what is`;
  }
  if (typeof value !== "number") return undefined;
  if (!Number.isFinite(value)) return `${value} is no number of JSON; write one that is`;
  const isKept = !Number.isInteger(value) || Number.isSafeInteger(value);
  return isKept ? undefined : `${value} is not kept by readers of JSON; write a smaller number`;
}
