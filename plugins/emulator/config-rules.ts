import type { RuleCheck, RuleCondition, ServiceRule } from "../../core/service-rule.ts";
import { at, type ConfigPart, configParts, has } from "./config-parts.ts";
import type { ConfigFault } from "./config-structure.ts";
import type { JsonObject } from "./service-config.ts";

/**
 * Judges a configuration by rules of the vendor, as the service does. Nothing here is shared with the validation of
 * the client but the rules themselves, so that one finds what the other overlooks. Warnings are no reason to refuse.
 */
export function ruleFaults(config: JsonObject, rules: readonly ServiceRule[]): ConfigFault[] {
  const parts = configParts(config);
  return rules.filter(({ severity }) => severity !== "warning").flatMap((rule) => {
    const kinds = rule.in ?? [""];
    const judged = parts.filter(({ kind, value }) => kinds.includes(kind) && test(rule.when, value));
    return offenders(rule.check, judged).map(({ where }) => ({ where, what: rule.says }));
  });
}

/** The parts that fail a check. */
function offenders(check: RuleCheck, parts: ConfigPart[]): ConfigPart[] {
  if ("unique" in check) return twins(parts, check.unique, check.folders === true);
  if ("apart" in check) return inner(parts, check.apart);
  return parts.filter(({ value }) => !passes(check, value));
}

function passes(
  check: Exclude<RuleCheck, { unique: string } | { apart: string }>,
  part: JsonObject,
): boolean {
  if ("forbid" in check) return !test(check.forbid, part);
  if ("require" in check) return test(check.require, part);
  const paths = "together" in check ? check.together : check.atMostOne;
  const count = paths.filter((path) => has(part, path)).length;
  return "together" in check ? count === 0 || count === paths.length : count <= 1;
}

function test(condition: RuleCondition | undefined, part: unknown): boolean {
  if (condition === undefined) return true;
  if ("not" in condition) return !test(condition.not, part);
  if ("any" in condition) return condition.any.some((one) => test(one, part));
  if ("all" in condition) return !condition.all.some((one) => !test(one, part));
  if ("given" in condition) return has(part, condition.given);
  if ("value" in condition) return condition.in.some((value) => value === at(part, condition.value));
  if ("text" in condition) return matches(at(part, condition.text), condition.like);
  if ("above" in condition) return greater(part, ...condition.above);
  if ("differ" in condition) {
    const [one, other] = condition.differ;
    return has(part, one) && has(part, other) && at(part, one) !== at(part, other);
  }
  if ("some" in condition) {
    const list = at(part, condition.some);
    return Array.isArray(list) && list.some((item) => test(condition.item, item));
  }
  return Object.entries(part ?? {}).some(([key, value]) =>
    value !== null && !condition.keysBeside.includes(key)
  );
}

function matches(text: unknown, pattern: string): boolean {
  return typeof text === "string" && text.search(new RegExp(pattern, "u")) >= 0;
}

function greater(part: unknown, path: string, than: string | number): boolean {
  const [one, other] = [at(part, path), typeof than === "string" ? at(part, than) : than];
  return typeof one === "number" && typeof other === "number" && one > other;
}

/** Items of a list that have the value of one before them. */
function twins(parts: ConfigPart[], path: string, folders: boolean): ConfigPart[] {
  return parts.filter((part, index) =>
    has(part.value, path) && typeof at(part.value, path) !== "object" &&
    parts.slice(0, index).some((other) =>
      other.list === part.list && same(at(other.value, path), at(part.value, path), folders)
    )
  );
}

function same(one: unknown, other: unknown, folders: boolean): boolean {
  if (!folders || typeof one !== "string" || typeof other !== "string") return one === other;
  return trimmed(one) === trimmed(other);
}

/** Items of a list whose folder is inside that of another. */
function inner(parts: ConfigPart[], path: string): ConfigPart[] {
  const folder = ({ value }: ConfigPart): string => `${trimmed(String(at(value, path) ?? ""))}/`;
  return parts.filter((part) =>
    has(part.value, path) &&
    parts.some((other) =>
      other.list === part.list && has(other.value, path) && folder(part) !== folder(other) &&
      folder(part).startsWith(folder(other))
    )
  );
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, "");
}
