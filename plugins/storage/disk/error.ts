import { PaiError } from "../../../core/errors.ts";

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system can only be read",
  ENOSPC: "no space left on the disk",
  EDQUOT: "no space left in the quota",
  EFBIG: "the file is larger than the system allows",
  EISDIR: "it is a folder; write the name of the file to make",
  ENOTDIR: "a part of its path is a file",
  ENAMETOOLONG: "its name is longer than the system allows",
  EMFILE: "too many files are open",
};

/**
 * Waits for the file system, whose refusals become errors of this package.
 *
 * @param what Beginning of the error's message: `Cannot write "model.bin"`.
 * @throws {PaiError} whose code is the system's, such as `ENOSPC`.
 */
export async function onDisk<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw diskError(what, error);
  }
}

/** Makes the error of a file system that said no. */
export function diskError(what: string, error: unknown): PaiError {
  // Node's errors carry a code; Deno's refusals of a permission only have a name and say which flag is missing.
  const { name, message, code }: { name?: string; message?: string; code?: string } = Object(error);
  return new PaiError(`${what}: ${reasons[code ?? ""] ?? message}`, {
    code: code ?? (name === "NotCapable" ? "EACCES" : undefined),
    cause: error,
  });
}
