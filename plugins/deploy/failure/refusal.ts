import { ApiError } from "../../../core/errors.ts";
import type { ServiceConfig } from "../../../core/service-config.ts";
import { findCauses } from "./classify.ts";
import { DeployError } from "./deploy-error.ts";
import { maskSecrets, secretsOf } from "../../../core/mask-secrets.ts";

/**
 * What to throw when the control plane refuses a service: the same error, or, when what it says has a known
 * cause, one that names it and tells how to mend it. The same is then its `cause`.
 *
 * @param action What was being done, such as `deploy`.
 * @param config What was asked for.
 */
export function explainedRefusal(
  error: unknown,
  action: string,
  serviceName: string,
  config: unknown,
): unknown {
  if (!(error instanceof ApiError) || !isRefusal(error)) return error;
  const said = maskSecrets(error.message.slice(error.message.indexOf(": ") + 2), secretsOf(config));
  // JSON that users wrote; what is read of it is read with care
  const causes = findCauses([{ source: "refusal", text: said }], config as ServiceConfig);
  const [first] = causes;
  if (!first) return error;
  const { code, status, requestId } = error;
  const message = `${error.action} was refused (${said}); ${first.message}; ${first.mend}`;
  return new DeployError(`Cannot ${action} service "${serviceName}": ${message}`, {
    code,
    status,
    requestId,
    cause: error,
    serviceName,
    serviceStatus: "unknown",
    causes: causes.map(({ kind, message, mend, evidence }) => ({ kind, message, mend, evidence })),
    evidence: { events: [], instances: [], logs: [], diagnosis: [] },
  });
}

// The others say nothing of the service: the server may be down, or the caller too quick.
function isRefusal({ status = 0 }: ApiError): boolean {
  return status >= 400 && status < 500 && status !== 404 && status !== 408 && status !== 409 &&
    status !== 429;
}
