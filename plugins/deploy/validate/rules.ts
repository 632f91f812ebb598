import type { RuleCheck, ServiceRule } from "../../../core/service-rule.ts";
import { serviceRules } from "../../../core/service-rules.ts";
import { holds, isGiven, partValue } from "./condition.ts";
import { type Part, partGroups } from "./parts.ts";
import { pathText } from "./path.ts";
import type { ConfigProblem } from "./problem.ts";
import { quoted } from "./words.ts";

/** A part that breaks a rule, and where in it. */
interface Breach {
  part: Part;
  at?: string;
}

/** Judges a configuration by the vendor's rules. */
export function ruleProblems(config: unknown): ConfigProblem[] {
  return serviceRules.flatMap((rule) => {
    const groups = (rule.in ?? [""]).flatMap((selector) => partGroups(config, selector));
    return groups.flatMap((group) => {
      const judged = group.filter(({ value }) => !rule.when || holds(rule.when, value));
      return breaches(rule.check, judged).map((breach) => problem(rule, breach));
    });
  });
}

function breaches(check: RuleCheck, parts: Part[]): Breach[] {
  if ("forbid" in check) {
    return parts.filter(({ value }) => holds(check.forbid, value)).map((part) => ({ part }));
  }
  if ("require" in check) {
    return parts.filter(({ value }) => !holds(check.require, value)).map((part) => ({ part }));
  }
  if ("unique" in check) return repeated(parts, check.unique, check.folders);
  if ("apart" in check) return nested(parts, check.apart);
  const isTogether = "together" in check;
  const paths = isTogether ? check.together : check.atMostOne;
  return parts.flatMap((part): Breach[] => {
    const given = paths.filter((path) => isGiven(partValue(part.value, path)));
    const broken = isTogether ? given.length > 0 && given.length < paths.length : given.length > 1;
    const at = isTogether ? paths.find((path) => !given.includes(path)) : given[1];
    return broken ? [{ part, at }] : [];
  });
}

function repeated(parts: Part[], key: string, folders = false): Breach[] {
  const seen = new Set<unknown>();
  return parts.flatMap((part): Breach[] => {
    const value = partValue(part.value, key);
    if (!isGiven(value) || typeof value === "object") return [];
    const same = folders && typeof value === "string" ? folder(value) : value;
    if (seen.has(same)) return [{ part, at: key }];
    seen.add(same);
    return [];
  });
}

function nested(parts: Part[], key: string): Breach[] {
  const folders = parts.map(({ value }) => partValue(value, key)).filter((value) => typeof value === "string")
    .map(folder);
  return parts.flatMap((part): Breach[] => {
    const value = partValue(part.value, key);
    if (typeof value !== "string") return [];
    const inner = folder(value);
    return folders.some((outer) => inner !== outer && inner.startsWith(outer)) ? [{ part, at: key }] : [];
  });
}

function folder(path: string): string {
  return path.replace(/\/*$/, "/");
}

function problem(rule: ServiceRule, { part: { path, value }, at = rule.at }: Breach): ConfigProblem {
  const shown = (rule.shows ?? []).flatMap((name) => {
    const found = partValue(value, name);
    return isGiven(found) && typeof found !== "object" ? [`${name} is ${quoted(found)}`] : [];
  });
  return {
    path: pathText(at ? [...path, ...at.split(".")] : path),
    message: `${shown.length > 0 ? `${shown.join(", ")}: ` : ""}${rule.says}; ${rule.mend}`,
    rule: rule.page,
    severity: rule.severity ?? "error",
  };
}
