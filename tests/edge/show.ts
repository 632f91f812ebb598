/** Longest text of one value in the message of a failed assertion. */
const longest = 2000;

/** Writes a value for the message of a failed assertion. Never throws, whatever it is given. */
export function show(value: unknown): string {
  try {
    const text = write(value, []);
    return text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;
  } catch (error) {
    return `(cannot be shown: ${String(error)})`;
  }
}

function write(value: unknown, above: object[]): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `[function ${value.name}]`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (above.includes(value)) return "[circular]";
  const line = [...above, value];
  const name = value.constructor?.name ?? "null prototype";
  const items = (list: Iterable<unknown>): string => Array.from(list, (item) => write(item, line)).join(", ");
  if (value instanceof Error) return `[${value.name}: ${value.message}]`;
  if (value instanceof Date || value instanceof RegExp || value instanceof URL) {
    return `${name} ${String(value)}`;
  }
  if (Array.isArray(value)) return `[${items(value)}]`;
  if (value instanceof DataView) return `${name} of ${value.byteLength} bytes`;
  if (ArrayBuffer.isView(value)) {
    return `${name}(${Array.from(value as Uint8Array).slice(0, 200).join(", ")})`;
  }
  if (value instanceof ArrayBuffer) return `${name}(${new Uint8Array(value).slice(0, 200).join(", ")})`;
  if (value instanceof Map || value instanceof Set) return `${name} {${items(value)}}`;
  const fields = Reflect.ownKeys(value).map((key) =>
    `${String(key)}: ${write(Reflect.get(value, key), line)}`
  );
  return `${name === "Object" ? "" : `${name} `}{${fields.join(", ")}}`;
}
