import { PaiError } from "../../core/errors.ts";
import type { Service } from "../../core/service.ts";
import type { Storage } from "../../core/storage.ts";
import { isMissing } from "./waiting/api-failures.ts";
import { deleteObjects } from "./uploads/upload.ts";

/**
 * Makes a service end with the block that holds it, `await using service = …`, and with it the files that were uploaded
 * for it, which no other service uses. One that is deleted already is as good.
 */
export function temporary<Any extends Service>(
  service: Any,
  files: { storage?: Storage; keys: readonly string[] } = { keys: [] },
): Any & AsyncDisposable {
  const { storage, keys } = files;
  const dispose = async (): Promise<void> => {
    await service.delete().catch((error) => {
      if (!isMissing(error)) throw error;
    });
    const [left] = storage ? await deleteObjects(storage, keys) : [];
    if (left === undefined) return;
    throw new PaiError(
      `Cannot delete all files of service "${service.name}": "${left}" is left; delete it yourself`,
    );
  };
  return Object.defineProperty(service, Symbol.asyncDispose, { value: dispose }) as Any & AsyncDisposable; // as of now
}
