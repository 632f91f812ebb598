import type { CliOutput, CliProcess } from "./context.ts";

/** What is shown in colour. */
export type Style = "good" | "bad" | "warning" | "faint";

const codes: Record<Style, number> = { good: 32, bad: 31, warning: 33, faint: 2 };

/** Colours text where that is wanted: in a terminal, unless `NO_COLOR` is set, or anywhere with `FORCE_COLOR`. */
export function painter(output: CliOutput, env: CliProcess["env"]): (text: string, style: Style) => string {
  const wanted = env.FORCE_COLOR ? env.FORCE_COLOR !== "0" : isLively(output, env) && !env.NO_COLOR;
  return (text, style) => wanted ? `\x1b[${codes[style]}m${text}\x1b[0m` : text;
}

/** Whether a line may be written over: in a terminal that can, and that is not the log of a build. */
export function isLively(output: CliOutput, env: CliProcess["env"]): boolean {
  return Boolean(output.isTTY) && env.TERM !== "dumb" && !env.CI;
}
