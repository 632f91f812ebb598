import { processors } from "../processors.ts";
import { nearest } from "./nearest.ts";
import type { ConfigProblem } from "./problem.ts";

/**
 * Warns of a processor whose code looks like a slip for a documented one. Other versions of a documented one are no
 * slips, and neither are codes that resemble none: the vendor has more than it documents.
 */
export function misspeltProcessor({ processor: code }: Readonly<Record<string, unknown>>): ConfigProblem[] {
  if (typeof code !== "string") return [];
  const codes = Object.keys(processors);
  if (codes.some((other) => family(other) === family(code))) return [];
  const meant = nearest(code, codes);
  if (!meant) return [];
  const message = `${JSON.stringify(code)} is no documented processor; did you mean "${meant}"?`;
  const rule = processors[meant as keyof typeof processors].page; // one of its keys
  return [{ path: "processor", message, rule, severity: "warning" }];
}

/** A code without its version. */
function family(code: string): string {
  return code.replace(/[\d.]+/g, "");
}
