import type { DeployOptions } from "../../../core/target.ts";
import { copyJsonObject } from "../json-object.ts";
import { ResourceConfig, type ResourceOptions } from "../resource-config.ts";

/** Options of a deployment to EAS that go with any machine. */
export interface EasCommonOptions extends DeployOptions {
  /** Number of instances. @default {1}, or what the spec says */
  instanceCount?: number;
  /** Dedicated resource group, `eas-r-…`; public resources when absent. */
  resourceId?: string;
  /** Kind of the service, such as `Async`. */
  serviceType?: string;
  /** Tags of the service. */
  labels?: Record<string, string>;
  /** Merged into the configuration last, as {@linkcode InferenceSpec.merge} does; may change anything. */
  options?: Record<string, unknown>;
  /** Whether to wait until the service runs and answers; `false` returns once it is created. @default {true} */
  wait?: boolean;
  /**
   * Whether a deployment that fails, takes too long or is cancelled deletes what it made: the service, which would
   * cost money, and its uploaded files; that comes on top of `timeout`. `false` keeps the service to look into.
   * What may be somebody else's is never deleted. @default {true}
   */
  cleanupOnFailure?: boolean;
}

/** Options of a deployment to EAS: an instance type or the resources of an instance, not both. */
export type EasDeployOptions =
  & EasCommonOptions
  & (
    | {
      /** Machine of an instance, such as `ecs.c6.xlarge`. */
      instanceType?: string;
      /** Not together with `instanceType`. */
      resourceConfig?: undefined;
    }
    | {
      /** Not together with `resourceConfig`. */
      instanceType?: undefined;
      /** What each instance gets of the machines it runs on. */
      resourceConfig?: ResourceConfig | ResourceOptions;
    }
  );

// Every option once; the compiler compares the keys with the type.
const optionNames: Record<keyof EasDeployOptions, true> = {
  serviceName: true,
  serializer: true,
  signal: true,
  timeout: true,
  giveUpAfter: true,
  temporary: true,
  onProgress: true,
  instanceType: true,
  instanceCount: true,
  resourceConfig: true,
  resourceId: true,
  serviceType: true,
  labels: true,
  options: true,
  wait: true,
  cleanupOnFailure: true,
};

/**
 * Checks everything that can be told without the service, the options of the wait apart: `watchOf` does those.
 *
 * @returns The resources, checked, when some are given.
 * @throws {TypeError} when an option is unknown, has the wrong type, or excludes another.
 * @throws {RangeError} when a figure can't be.
 */
export function checkOptions(options: EasDeployOptions): ResourceConfig | undefined {
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(optionNames, key));
  if (unknown) fail(`unknown option "${unknown}"; EAS takes ${Object.keys(optionNames).join(", ")}`);
  for (const name of ["instanceType", "resourceId", "serviceType"] as const) {
    const value: unknown = options[name];
    if (value !== undefined && (typeof value !== "string" || value === "")) fail(`${name} must be a text`);
  }
  for (const name of ["wait", "cleanupOnFailure", "temporary"] as const) {
    if (!["undefined", "boolean"].includes(typeof options[name])) fail(`${name} must be true or false`);
  }
  checkSerializer("Cannot deploy", options.serializer);
  checkLabels(options.labels);
  const { instanceType, resourceConfig, instanceCount } = options as
    & EasCommonOptions
    & { instanceType?: unknown; resourceConfig?: unknown }; // JavaScript callers may give both
  if (instanceType !== undefined && resourceConfig !== undefined) {
    fail("instanceType and resourceConfig exclude each other; give one");
  }
  if (instanceCount !== undefined && !(Number.isInteger(instanceCount) && instanceCount > 0)) {
    throw new RangeError(
      `Cannot deploy: instanceCount must be a whole number from 1 up, not ${instanceCount}`,
    );
  }
  return checkResources(resourceConfig);
}

function checkLabels(labels: unknown): void {
  if (labels === undefined) return;
  if (typeof labels !== "object" || labels === null) fail("labels must be an object");
  for (const [key, value] of Object.entries(copyJsonObject(labels, ["labels"]))) {
    if (typeof value !== "string") fail(`the label "${key}" must be a text`);
  }
}

/**
 * Checks a serializer by its shape, for callers whom no compiler has warned.
 *
 * @throws {TypeError} when it is none.
 */
export function checkSerializer(what: string, serializer: unknown): void {
  if (serializer === undefined) return;
  const methods: Partial<Record<string, unknown>> = Object(serializer);
  if (["serialize", "deserialize"].every((name) => typeof methods[name] === "function")) return;
  throw new TypeError(`${what}: serializer must have the functions serialize and deserialize, as json() has`);
}

function checkResources(resources: unknown): ResourceConfig | undefined {
  if (resources === undefined || resources instanceof ResourceConfig) return resources;
  if (typeof resources !== "object" || resources === null) return fail("resourceConfig must be an object");
  return new ResourceConfig(resources as ResourceOptions); // which checks it
}

function fail(problem: string): never {
  throw new TypeError(`Cannot deploy: ${problem}`);
}
