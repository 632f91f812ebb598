/** Keys of objects and indexes of lists that lead to a value. */
export type Path = readonly (string | number)[];

/** A path as people write it: `containers[0].port`, `features["eas.aliyun.com/x"]`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    if (!/^[$\w]+$/.test(step)) return `${text}[${JSON.stringify(step)}]`;
    return text ? `${text}.${step}` : step;
  }, "");
}

/** The value at a path, or `undefined`. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    return typeof value === "object" && value !== null && Object.hasOwn(value, step)
      ? (value as Record<string | number, unknown>)[step] // just checked
      : undefined;
  }, root);
}

/** The objects and lists of JSON. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
