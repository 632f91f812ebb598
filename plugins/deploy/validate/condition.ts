import type { RuleCondition, RuleValue } from "../../../core/service-rule.ts";
import { isObject, valueAt } from "./path.ts";

/** The value at a path of a rule, relative to the part that it judges. */
export function partValue(part: unknown, path: string): unknown {
  return path === "" ? part : valueAt(part, path.split("."));
}

/** Whether something is given: neither absent nor an empty text. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

/** Whether a condition holds for a part of a configuration. */
export function holds(condition: RuleCondition, part: unknown): boolean {
  if ("given" in condition) return isGiven(partValue(part, condition.given));
  if ("value" in condition) return condition.in.includes(partValue(part, condition.value) as RuleValue); // or not
  if ("text" in condition) {
    const text = partValue(part, condition.text);
    return typeof text === "string" && new RegExp(condition.like, "u").test(text);
  }
  if ("above" in condition) {
    const [first, second] = condition.above;
    const [more, less] = [
      partValue(part, first),
      typeof second === "number" ? second : partValue(part, second),
    ];
    return typeof more === "number" && typeof less === "number" && more > less;
  }
  if ("differ" in condition) {
    const [one, other] = condition.differ.map((path) => partValue(part, path));
    return isGiven(one) && isGiven(other) && one !== other;
  }
  if ("keysBeside" in condition) {
    return isObject(part) && Object.keys(part).some((key) => !condition.keysBeside.includes(key));
  }
  if ("some" in condition) {
    const list = partValue(part, condition.some);
    return Array.isArray(list) && list.some((item) => holds(condition.item, item));
  }
  if ("all" in condition) return condition.all.every((inner) => holds(inner, part));
  if ("any" in condition) return condition.any.some((inner) => holds(inner, part));
  return !holds(condition.not, part);
}
