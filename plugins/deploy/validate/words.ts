import { redact } from "../../../core/redact.ts";

const longest = 60;

/** A value for a sentence: scalars as JSON, cut when long; secrets and what has parts by their kind only. */
export function quoted(value: unknown, secret = false): string {
  if (secret || typeof value === "object") return kindOf(value);
  if (typeof value !== "string") return String(value);
  const text = redact(value);
  return JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text);
}

/** What a value is: "a text", "an empty list". */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "string") return value === "" ? "an empty text" : "a text";
  if (typeof value === "boolean") return "true or false";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** `a`, `a or b`, `a, b or c`. */
export function listed(words: readonly string[], join = "or"): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} ${join} ${words.at(-1)}`;
}
