import { refusal } from "./oss-call.ts";

/** What a form may upload. */
export interface PostPolicy {
  /** Until when, in milliseconds since the Unix epoch. */
  readonly expiration: number;
  /** What its fields must be. */
  readonly conditions: readonly Condition[];
}

type Condition =
  | readonly [kind: "eq" | "starts-with", field: string, text: string]
  | readonly [kind: "in" | "not-in", field: string, texts: readonly string[]]
  | readonly [kind: "content-length-range", least: number, most: number];

/**
 * Reads a policy, Base64 of JSON.
 * Source: https://www.alibabacloud.com/help/en/oss/developer-reference/postobject.
 */
export function readPolicy(base64: string): PostPolicy {
  let policy: unknown;
  try {
    policy = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))));
  } catch {
    throw invalid("Invalid JSON");
  }
  const { expiration, conditions } = isRecord(policy) ? policy : {};
  const end = typeof expiration === "string" && /Z$/.test(expiration) ? Date.parse(expiration) : NaN;
  if (Number.isNaN(end)) throw invalid("Invalid 'expiration' value");
  if (!Array.isArray(conditions)) throw invalid("Missing 'conditions'");
  return { expiration: end, conditions: conditions.map(readCondition) };
}

function readCondition(condition: unknown): Condition {
  if (!Array.isArray(condition)) {
    const [[field, text] = [], ...others] = isRecord(condition) ? Object.entries(condition) : [];
    if (field === undefined || others.length > 0 || typeof text !== "string") {
      throw invalid(
        "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified, and a text as its value",
      );
    }
    return ["eq", field.toLowerCase(), text];
  }
  const [kind, first, second]: unknown[] = condition;
  if (condition.length === 3) {
    if (kind === "content-length-range" && typeof first === "number" && typeof second === "number") {
      return [kind, first, second];
    }
    if (typeof first === "string" && first.startsWith("$")) {
      const field = first.slice(1).toLowerCase();
      if ((kind === "eq" || kind === "starts-with") && typeof second === "string") {
        return [kind, field, second];
      }
      const isList = Array.isArray(second) && second.every((text) => typeof text === "string");
      if ((kind === "in" || kind === "not-in") && isList) return [kind, field, second];
    }
  }
  throw invalid(`Invalid Condition: ${JSON.stringify(condition)}`);
}

/** Refuses a form that its policy does not allow; how long its file may be is found out later. */
export function checkPolicy(
  { expiration, conditions }: PostPolicy,
  fields: ReadonlyMap<string, string>,
  now: number,
): void {
  if (now > expiration) throw refusal(403, "AccessDenied", "Invalid according to Policy: Policy expired.");
  for (const condition of conditions) {
    if (condition[0] === "content-length-range") continue;
    const [kind, field, wanted] = condition;
    const value = fields.get(field) ?? "";
    if (holds(kind, value, wanted)) continue;
    const shown = JSON.stringify([kind, `$${field}`, wanted]);
    const message = `Invalid according to Policy: Policy Condition failed: ${shown}`;
    throw refusal(403, "AccessDenied", message);
  }
}

function holds(
  kind: "eq" | "starts-with" | "in" | "not-in",
  value: string,
  wanted: string | readonly string[],
): boolean {
  if (kind === "in" || kind === "not-in") return wanted.includes(value) === (kind === "in");
  return kind === "eq" ? value === wanted : value.startsWith(String(wanted));
}

/** Refuses a file that is shorter or longer than its policy allows. */
export function checkLength({ conditions }: PostPolicy, size: number): void {
  for (const condition of conditions) {
    if (condition[0] !== "content-length-range") continue;
    const [, least, most] = condition;
    if (size < least) {
      throw refusal(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size.");
    }
    if (size > most) {
      throw refusal(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.");
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(reason: string): Error {
  return refusal(400, "InvalidPolicyDocument", `Invalid Policy: ${reason}.`);
}
