/** What is wrong, or doubtful, about one place of a service configuration. */
export interface ConfigProblem {
  /** Where it is: `containers[0].port`; empty for the configuration as a whole. */
  path: string;
  /** What was found, without secrets, and how to mend it. */
  message: string;
  /** The vendor's page that says so. */
  rule?: string;
  /** Whether the service would be refused or broken, or may well work: the vendor adds keys. */
  severity: "error" | "warning";
}

/** A service configuration that would be refused, with every problem that was found in it. */
export class InvalidConfigError extends TypeError {
  /** All errors: first those of the structure, then those of rules. Warnings are not among them. */
  readonly problems: readonly ConfigProblem[];

  /** Makes the error from what was found; `action` is what can't be done. */
  constructor(name: unknown, problems: readonly ConfigProblem[], action = "deploy") {
    super(text(action, name, problems));
    this.name = "InvalidConfigError";
    this.problems = problems;
  }
}

function text(action: string, name: unknown, problems: readonly ConfigProblem[]): string {
  const service = typeof name === "string" && name ? `service "${name}"` : "the service";
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  const lines = problems.map(({ path, message, rule }) =>
    `\n  ${path || "(the whole)"}: ${message}${rule ? ` (${rule})` : ""}`
  );
  return `Cannot ${action} ${service}: its configuration has ${count}:${lines.join("")}`;
}
