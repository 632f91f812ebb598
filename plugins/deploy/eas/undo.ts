import type { Client } from "../../../core/client.ts";
import { describeService, servicePath } from "../../../core/eas-service.ts";
import {
  ApiError,
  CredentialsError,
  PaiError,
  ServiceError,
  StorageError,
  TimeoutError,
} from "../../../core/errors.ts";
import type { Storage } from "../../../core/storage.ts";
import { DeployError } from "../failure/deploy-error.ts";
import { isJsonObject, type JsonObject } from "../json-object.ts";
import { deleteObjects } from "../uploads/upload.ts";
import { isMissing } from "../waiting/api-failures.ts";

/** What a deployment has made so far. */
export interface Made {
  /** Name of the service. */
  name: string;
  /** What was asked of CreateService. */
  config: JsonObject;
  /** Keys of what was uploaded. */
  keys: Set<string>;
  /** `unknown` when the service was asked for without an answer: then it may exist. */
  service: "none" | "unknown" | "ours";
}

/** Where things were made, and whether to undo them. */
export interface UndoOptions {
  /** Asks and deletes. */
  client: Client;
  /** Where files were uploaded to. */
  storage?: Storage;
  /** Whether to delete the service. */
  cleanup: boolean;
}

/**
 * Undoes a deployment that failed, in the order that never leaves a service without its files, and without ever
 * deleting what may be somebody else's.
 *
 * @param error Why it failed.
 * @returns What to tell of it.
 */
export async function undo(made: Made, error: unknown, options: UndoOptions): Promise<string | undefined> {
  const { client, storage, cleanup } = options;
  const { name } = made;
  const service = made.service === "unknown" ? await whose(client, made, error) : made.service;
  if (service === "unclear") {
    const [key] = made.keys;
    const kept = key === undefined ? "" : `; its uploaded files are kept, see "${key}"`;
    return `a service named "${name}" exists, which this deployment may have made; look at it${kept}`;
  }
  if (service === "ours" && !cleanup) {
    return `service "${name}" is kept; delete it when you have seen enough`;
  }
  if (service === "ours") {
    try {
      await deleteService(client, name);
    } catch (cause) {
      return `service "${name}" could not be deleted (${String(cause)}); delete it yourself`;
    }
  }
  const left = storage ? await deleteObjects(storage, made.keys) : [];
  if (left.length > 0) return `${left.length} uploaded files could not be deleted, see "${left[0]}"`;
  return service === "ours" ? "the service was deleted; pass cleanupOnFailure: false to keep it" : undefined;
}

/** Whose service there is when creating one ended without a clear answer: since the name was free, others may have taken it. */
async function whose(
  client: Client,
  { name, config: { token: _, ...asked } }: Made,
  error: unknown,
): Promise<"none" | "ours" | "unclear"> {
  if (isRefusal(error)) return "none";
  try {
    const { config } = await describeService(client, name);
    return holds(config, asked) ? "ours" : "unclear";
  } catch (error) {
    return isMissing(error) ? "none" : "unclear";
  }
}

/** Whether nothing was done. Other failures leave that open: a 5xx or a timeout may come after the deed. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof CredentialsError || error instanceof ServiceError) return true;
  const { status = 0 } = error instanceof ApiError ? error : {};
  return status >= 400 && status < 500 && status !== 408;
}

// The control plane adds keys of its own.
function holds(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return Array.isArray(whole) && whole.length === part.length &&
      part.every((item, index) => holds(whole[index], item));
  }
  if (!isJsonObject(part)) return whole === part;
  return isJsonObject(whole) && Object.entries(part).every(([key, value]) => holds(whole[key], value));
}

async function deleteService(client: Client, name: string): Promise<void> {
  await client.call("DeleteService", { method: "DELETE", path: servicePath(client.region, name) }).catch(
    (error) => {
      if (!isMissing(error)) throw error;
    },
  );
}

/** The same error with a note at the end of its message. */
export function amended(action: string, name: string, error: unknown, note: string): PaiError {
  if (!(error instanceof PaiError)) {
    const said = error instanceof Error ? error.message : String(error);
    return new PaiError(`Cannot ${action} service "${name}": ${said}; ${note}`, { cause: error });
  }
  const message = `${error.message}; ${note}`;
  const init = { ...error, cause: error }; // code, status, requestId and what its class adds
  if (error instanceof DeployError) return error.amended(note);
  if (error instanceof ServiceError) return new ServiceError(message, init as typeof init & ServiceError);
  if (error instanceof ApiError) return new ApiError(message, init as typeof init & ApiError);
  if (error instanceof StorageError) return new StorageError(message, init);
  if (error instanceof CredentialsError) return new CredentialsError(message, init);
  if (error instanceof TimeoutError) return new TimeoutError(message, init);
  return new PaiError(message, init);
}
