import { partValue } from "./condition.ts";
import { misspeltProcessor } from "./misspelt-processor.ts";
import { isObject } from "./path.ts";
import { plain } from "./plain.ts";
import { type ConfigProblem, InvalidConfigError } from "./problem.ts";
import { ruleProblems } from "./rules.ts";
import { structureProblems } from "./structure.ts";
import { unknownKeys } from "./unknown-keys.ts";
import { kindOf } from "./words.ts";

export { type ConfigProblem, InvalidConfigError } from "./problem.ts";

/**
 * Finds everything that is wrong or doubtful in a service configuration, before anything is sent: first what the
 * structure forbids, then the vendor's rules, then what seems misspelt: processors and keys that nobody documents, which
 * are warnings since the vendor adds such. Keys whose value is `null` count as absent, files that wait for their upload as uploaded. Messages hold no secrets.
 *
 * The structure is that of `service.schema.json`, which editors read too; every rule names the vendor's page.
 */
export function validateConfig(config: unknown): ConfigProblem[] {
  const { value, problems } = plain(config);
  if (!isObject(value)) {
    return [{ path: "", message: `${kindOf(config)}: a configuration is an object`, severity: "error" }];
  }
  return [
    ...problems,
    ...structureProblems(value),
    ...ruleProblems(value),
    ...misspeltProcessor(value),
    ...unknownKeys(value),
  ];
}

/**
 * Refuses a service configuration that the service would refuse, or that can't work.
 *
 * @param onWarning Hears of what is doubtful.
 * @throws {InvalidConfigError} that tells every error; warnings were told before.
 */
export function checkConfig(config: unknown, onWarning?: (problem: ConfigProblem) => void): void {
  const problems = validateConfig(config);
  for (const problem of problems) if (problem.severity === "warning") onWarning?.(problem);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return;
  throw new InvalidConfigError(partValue(config, "name") ?? partValue(config, "metadata.name"), errors);
}
