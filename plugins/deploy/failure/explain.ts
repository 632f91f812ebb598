import type { Client } from "../../../core/client.ts";
import { describeService, type EasDescription } from "../../../core/eas-service.ts";
import type { PaiErrorInit } from "../../../core/errors.ts";
import { findCauses, type Finding, shortened } from "./classify.ts";
import { type Cause, DeployError, type Evidence } from "./deploy-error.ts";
import { gatherEvidence, signsOf } from "./gather.ts";
import { maskSecrets, secretsOf } from "../../../core/mask-secrets.ts";

/** Options of {@linkcode explainFailure}. */
export interface ExplainOptions {
  /** Longest time in milliseconds; what has not come until then is done without. @default {10000} */
  timeout?: number;
  /** Cancels it. */
  signal?: AbortSignal;
  /** Since when events count. @default {seven days ago, by the vendor} */
  since?: Date;
  /** What was being done. @default {"run"} */
  action?: string;
  /** What is known of the service already; asked for when absent. */
  description?: EasDescription;
  /** What to say of its state. @default {its status, reason and message} */
  state?: string;
  /** More of the error. */
  init?: PaiErrorInit;
}

const timeLimit = 10_000;

/**
 * Finds out why a service does not run, from its state, events, instances, log and the vendor's diagnosis.
 *
 * @returns An error to throw or to print; its `causes` are ranked, and the last resort among them is `unknown`.
 * @throws {ApiError} when there is no such service, or it can't be asked for.
 */
export async function explainFailure(
  client: Client,
  name: string,
  options: ExplainOptions = {},
): Promise<DeployError> {
  const { timeout = timeLimit, signal, since, action = "run", init } = options;
  const description = options.description ?? await describeService(client, name, { signal, timeout });
  const evidence = await gatherEvidence(client, description, { timeout, signal, since });
  const { status, reason, config } = description;
  const found = findCauses(signsOf(evidence, saidOf(description)), config);
  const state = options.state ?? `status is ${stateOf(description)}`;
  const [first] = found;
  const isVague = !first || first.weight < 2; // such as a container that exits, for whatever reason
  const words = isVague ? lastWords(evidence, description) : "";
  const told = first ? `; ${first.message}${words}; ${first.mend}` : words;
  return new DeployError(`Cannot ${action} service "${name}": ${state}${told}`, {
    code: reason && masked(reason, description),
    ...init,
    serviceName: name,
    serviceStatus: status,
    causes: rankedCauses(found, evidence),
    evidence,
  });
}

/** A state with what the vendor says of it, on one line and without secrets. */
export function stateOf(description: EasDescription): string {
  const said = saidOf(description);
  return said === "" ? description.status : `${description.status} (${shortened(said, 2000)})`;
}

// The reason is often the state in capitals, which says nothing more.
function saidOf(description: EasDescription): string {
  const { status, reason, message } = description;
  const own = reason?.toUpperCase() === status.toUpperCase() ? undefined : reason;
  return masked([own, message].filter(Boolean).join(": "), description);
}

function masked(text: string, { accessToken, config }: EasDescription): string {
  return maskSecrets(text, [accessToken, ...secretsOf(config)]);
}

function rankedCauses(found: readonly Finding[], { logs }: Evidence): Cause[] {
  if (found.length > 0) {
    return found.map(({ kind, message, mend, evidence }) => ({ kind, message, mend, evidence }));
  }
  return [{
    kind: "unknown",
    message: "nothing tells why",
    mend: "look at the events, instances and logs of this error",
    evidence: logs.slice(-1).map((line) => `log: ${shortened(line)}`),
  }];
}

// When no cause is recognized, the last line that was printed is the best there is, unless it was told already.
function lastWords({ logs }: Evidence, description: EasDescription): string {
  const last = logs.findLast((line) => line.trim() !== "");
  if (
    last === undefined || (description.message && last.includes(masked(description.message, description)))
  ) return "";
  return `; its log ends with "${shortened(last)}"`;
}
