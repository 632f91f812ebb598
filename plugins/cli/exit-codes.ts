import {
  ApiError,
  CredentialsError,
  PaiError,
  ServiceError,
  StorageError,
  TimeoutError,
} from "../../core/errors.ts";
import { PredictionError } from "../../core/errors.ts";
import { DockerError, type DockerErrorCode } from "../local-docker/engine/docker-error.ts";
import { Interrupt } from "./context.ts";

/** What `pai` exits with. The numbers are part of its interface and don't change. */
export const exitCodes = {
  /** Done. */
  ok: 0,
  /** Failed for another reason than those below. */
  failure: 1,
  /** The command line is wrong, or names a file that isn't there. */
  usage: 2,
  /** There is no such service, object or bucket. */
  notFound: 3,
  /** The name is taken, or the service is in a state that doesn't allow this. */
  conflict: 4,
  /** No credentials, wrong ones, or none that may do this. */
  auth: 5,
  /** Not done within `--timeout`. */
  timeout: 6,
  /** The service file or configuration is wrong; nothing was sent. */
  invalid: 7,
  /** The service or the server failed, refused, or can't be reached. */
  remote: 8,
  /** `plan --exit-code` found differences. */
  differences: 9,
  /** Ctrl-C. */
  interrupted: 130,
  /** Asked to end by the system. */
  terminated: 143,
} as const;

/** The command line is wrong. */
export class UsageError extends Error {
  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "UsageError";
  }
}

/** A file that the user wrote is wrong: what and where. */
export class InvalidFileError extends Error {
  /** The class's own name, also in minified bundles. */
  override get name(): string {
    return "InvalidFileError";
  }
}

const auth =
  /AccessKey|Signature|SecurityToken|Unauthorized|Forbidden|NoPermission|AccessDenied|Unauthenticated/i;
const conflict = /AlreadyExist|Conflict|InvalidServiceStatus|NameTaken/i;
const ofEngines: Partial<Record<DockerErrorCode, number>> = {
  IMAGE_NOT_FOUND: exitCodes.notFound,
  NOT_FOUND: exitCodes.notFound,
  CONFLICT: exitCodes.conflict,
  PORT_TAKEN: exitCodes.conflict,
  REGISTRY_AUTH: exitCodes.auth,
};
const invalid = new Set(["NotConfigured", "InvalidConfig"]);

/** The exit code that an error stands for. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupt) return error.exitCode;
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof InvalidFileError || isInvalidConfig(error)) return exitCodes.invalid;
  // The library's own refusals of arguments; those of the engine are defects.
  if (!(error instanceof PaiError)) return isRefusal(error) ? exitCodes.usage : exitCodes.failure;
  if (error instanceof DockerError) return ofEngines[error.code] ?? exitCodes.remote;
  const { code = "", status } = error;
  if (error instanceof TimeoutError) return exitCodes.timeout;
  if (error instanceof CredentialsError || auth.test(code)) return exitCodes.auth;
  if (invalid.has(code)) return exitCodes.invalid;
  if (code === "ENOENT" || code === "ENOTDIR") return exitCodes.usage;
  if (status === 401 || status === 403) return exitCodes.auth;
  if (conflict.test(code) || status === 409) return exitCodes.conflict;
  if (/^NoSuch|NotFound|NotExist/i.test(code) || status === 404) return exitCodes.notFound;
  const isRemote = error instanceof ApiError || error instanceof ServiceError ||
    error instanceof StorageError ||
    error instanceof PredictionError || code === "NetworkError";
  return isRemote ? exitCodes.remote : exitCodes.failure;
}

/** An error that lists what is wrong with a configuration, by its shape. */
function isInvalidConfig(error: unknown): boolean {
  return error instanceof TypeError && "problems" in error && Array.isArray(error.problems);
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && ["TypeError", "RangeError", "SyntaxError"].includes(error.name) &&
    error.message.startsWith("Cannot ");
}
