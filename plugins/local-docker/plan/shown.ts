import { maskSecrets, secretsOf, secretVariable } from "../../../core/mask-secrets.ts";
import type { ServiceConfig } from "../../../core/service-config.ts";
import type { ContainerPlan, Requirements, Start } from "./container-plan.ts";

/** A plan for people to read: what is or looks like a secret of its configuration is masked. */
export function shownPlan(plan: ContainerPlan, config: ServiceConfig): ContainerPlan {
  const secrets = secretsOf(config);
  const masked = (text: string): string => maskSecrets(text, secrets);
  const { start, requirements, env } = plan;
  return {
    ...plan,
    env: Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, secretVariable.test(name) ? "***" : masked(value)]),
    ),
    start: shownStart(start, masked),
    ...(requirements && { requirements: shownRequirements(requirements, masked) }),
  };
}

function shownStart(start: Start, masked: (text: string) => string): Start {
  switch (start.kind) {
    case "script":
      return { ...start, text: masked(start.text) };
    case "program":
      return { ...start, words: start.words.map(masked) };
    case "image":
      return { ...start, args: start.args.map(masked) };
  }
}

function shownRequirements(requirements: Requirements, masked: (text: string) => string): Requirements {
  return requirements.kind === "lines" ? { ...requirements, text: masked(requirements.text) } : requirements;
}
