import { backOff, crashed } from "./container-failures.ts";
import type { Failure } from "./failure.ts";
import { looseConfig } from "./loose-config.ts";
import { machineOf } from "./machine-spec.ts";

type Config = Readonly<Record<string, unknown>>;

/** The account may not have as many cores. */
export function quota(config: Config): Failure {
  const { Cpu } = machineOf(config);
  const text =
    `exceeded quota: eas-quota, requested: limits.cpu=${Cpu}, used: limits.cpu=64, limited: limits.cpu=64`;
  return {
    reason: "FAILED",
    stage: "deployment",
    message: (name) => `pods "${name}" is forbidden: ${text}`,
    instance: { status: "Pending", reason: "FailedCreate" },
    incidents: (
      { name },
    ) => [{ reason: "FailedCreate", message: `Error creating: pods "${name}" is forbidden: ${text}` }],
    log: [],
    diagnosis: {
      error: "Instances can't be created: the quota is exceeded.",
      causes: ["The account has as many cores of the public resource group as it may have."],
      advices: [
        "Stop services that are not needed, choose a smaller instance type, or apply for a higher quota.",
      ],
    },
  };
}

/** How a service fails whose model isn't there. */
export function modelMissing(config: Config, found?: { reason: string; message: string }): Failure {
  const { container } = looseConfig(config);
  const path = String(config.model_path ?? "the model");
  const said = found?.message ??
    `Failed to download model ${path}: oss: service returned error: StatusCode=404, ErrorCode=NoSuchKey, ` +
      'ErrorMessage="The specified key does not exist."';
  const diagnosis = {
    error: "The model does not exist.",
    causes: [
      container ? "The folder that is mounted for the model is empty." : `There is nothing at ${path}.`,
    ],
    advices: ["Upload the model, or correct model_path or the path that is mounted."],
  };
  if (!container) return unmade(found?.reason ?? "FAILED", said, diagnosis);
  return {
    reason: "FAILED",
    stage: "startup",
    message: crashed,
    instance: { status: "CrashLoopBackOff", reason: "Error", exitCode: 1 },
    incidents: ({ name }) => [
      { type: "Normal", reason: "Started", message: "Started container worker0" },
      backOff(name),
    ],
    log: [
      "Traceback (most recent call last):",
      '  File "app.py", line 12, in <module>',
      "    model = load_model(os.environ.get('MODEL_PATH', '/eas/workspace/model/'))",
      "FileNotFoundError: [Errno 2] No such file or directory: '/eas/workspace/model/'",
    ],
    diagnosis,
  };
}

/** The storage may not be read. */
export function permission(config: Config): Failure {
  const { container } = looseConfig(config);
  const denied =
    'oss: service returned error: StatusCode=403, ErrorCode=AccessDenied, ErrorMessage="You have no right to ' +
    'access this object because of bucket acl."';
  const diagnosis = {
    error: "The storage may not be read.",
    causes: ["The service-linked role of EAS, or the RAM role of the service, may not read the bucket."],
    advices: ["Authorize EAS to read the bucket, or let the bucket belong to the same account."],
  };
  if (!container) {
    return unmade("FAILED", `Failed to download model ${config.model_path}: ${denied}`, diagnosis);
  }
  return {
    reason: "FAILED",
    stage: "startup",
    message: (instance) =>
      `Instance <${instance}> not healthy: MountVolume.SetUp failed for volume "oss-0": ${denied}`,
    instance: { status: "Pending", reason: "ContainerCreating" },
    incidents:
      () => [{ reason: "FailedMount", message: `MountVolume.SetUp failed for volume "oss-0": ${denied}` }],
    log: [],
    diagnosis,
  };
}

/** A failure before there is any instance. */
function unmade(reason: string, message: string, diagnosis: Failure["diagnosis"]): Failure {
  return {
    reason,
    stage: "deployment",
    message: () => message,
    instance: { status: "Pending", reason: "Failed" },
    incidents: () => [{ reason: "Failed", message }],
    log: [],
    diagnosis,
  };
}
