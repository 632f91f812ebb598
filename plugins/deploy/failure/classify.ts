import type { ServiceConfig } from "../../../core/service-config.ts";
import { type CauseRule, causeRules, type SignSource } from "./cause-rules.ts";
import type { Cause } from "./deploy-error.ts";

/** Something that tells of a failure: a text, and where it was found. */
export interface Sign {
  /** Where it was found. */
  source: SignSource;
  /** What it says, masked. */
  text: string;
}

/** A cause with what its ranking goes by. */
export interface Finding extends Cause {
  /** The likelier, the greater: how particular the strongest sign is, and then in how many places there are signs. */
  weight: number;
  /** Set when it doesn't mend itself: see {@linkcode CauseRule.hopelessAfter}. */
  hopelessAfter?: number;
}

const mostEvidence = 5;

/**
 * The causes that signs point to, the likeliest first. What a crash brings about (a probe that fails, instances
 * that come and go) is ranked behind what brings crashes about.
 */
export function findCauses(signs: readonly Sign[], config: ServiceConfig): Finding[] {
  const matches = causeRules.flatMap((rule) => signs.flatMap((sign) => matchOf(rule, sign, config) ?? []));
  const kinds = new Set(matches.map(({ rule }) => rule.kind));
  return [...kinds]
    .map((kind) => finding(matches.filter(({ rule }) => rule.kind === kind), config))
    .sort((a, b) => b.weight - a.weight); // stable, so that the rules' own order decides between equals
}

/** A sign that a rule knows. */
interface Match {
  rule: CauseRule;
  sign: Sign;
  /** What `{1}` of the rule stands for. */
  detail: string | undefined;
}

/** What all matches of one kind come to; there is at least one. */
function finding(matches: readonly Match[], config: ServiceConfig): Finding {
  const { rule, detail } = matches.reduce((best, match) =>
    match.rule.weight > best.rule.weight ? match : best
  );
  const told = new Set(matches.map(({ sign: { source, text } }) => `${source}: ${shortened(text)}`));
  const sources = new Set(matches.map(({ sign }) => sign.source));
  const patience = Math.min(...matches.map(({ rule: { hopelessAfter = Infinity } }) => hopelessAfter));
  return {
    kind: rule.kind,
    message: fill(rule.message, detail, config),
    mend: fill(rule.mend, detail, config),
    evidence: [...told].slice(0, mostEvidence),
    weight: rule.weight + sources.size / 10,
    ...(patience < Infinity && { hopelessAfter: patience }),
  };
}

function matchOf(rule: CauseRule, sign: Sign, config: ServiceConfig): Match | undefined {
  const { kind, signs, sources, context } = rule;
  if (sources && !sources.includes(sign.source)) return undefined;
  if (context && !context.test(sign.text)) return undefined;
  const match = firstMatch(signs, sign.text);
  if (!match) return undefined;
  const [, detail] = match;
  // That a server says where it listens is no problem, unless it is known to be the wrong place.
  const isRight = kind === "port" && detail !== undefined && detail === (portOf(config) ?? detail);
  return isRight ? undefined : { rule, sign, detail };
}

function firstMatch(patterns: readonly RegExp[], text: string): RegExpExecArray | null {
  for (const pattern of patterns) {
    const match = pattern.exec(text);
    if (match) return match;
  }
  return null;
}

function portOf({ containers }: ServiceConfig): string | undefined {
  const port = containers?.[0]?.port;
  return port === undefined ? undefined : textOf(port);
}

function fill(template: string, detail: string | undefined, config: ServiceConfig): string {
  const port = portOf(config);
  const facts: Record<string, unknown> = {
    image: imageOf(config),
    port: port ? `port ${port}` : "its port",
    address: port ? `0.0.0.0:${port}` : "0.0.0.0 and its port",
    memory: config.metadata?.memory ? `${textOf(config.metadata.memory)} MB` : machineOf(config),
    model: modelOf(config),
    1: detail,
  };
  return template.replace(/\{(\w+)\}/g, (_, name) => textOf(facts[name]));
}

/** What a user wrote may be any JSON, also where the configuration asks for a text, and `{ toString: null }` has none. */
function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function imageOf({ containers, processor }: ServiceConfig): string {
  const image = containers?.[0]?.image;
  return image ? `"${textOf(image)}"` : `of the processor${processor ? ` ${textOf(processor)}` : ""}`;
}

function machineOf({ cloud }: ServiceConfig): string {
  return cloud?.computing?.instance_type ?? cloud?.computing?.instances?.[0]?.type ?? "not set";
}

function modelOf({ model_path, storage }: ServiceConfig): string {
  const mounts = Array.isArray(storage) ? storage.filter((entry) => entry !== null) : []; // as users wrote it
  const mount = mounts.find(({ properties }) => properties?.resource_type === "model") ?? mounts[0];
  return model_path ?? mount?.oss?.path ?? mount?.mount_path ?? "none is named";
}

/** A text on one line, of at most so many characters. */
export function shortened(text: string, most = 300): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
