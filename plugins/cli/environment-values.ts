import type { CliProcess } from "./context.ts";
import { InvalidFileError } from "./exit-codes.ts";

const key = "$env";

/**
 * Puts variables where a service file names them, `{ "$env": "NAME" }`, so that secrets need not stand in it. Text is left
 * alone: `${NAME}` in a command is the container's.
 *
 * @throws {InvalidFileError} that names a variable which isn't set.
 */
export function withEnvironment(value: unknown, env: CliProcess["env"], path: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withEnvironment(item, env, path));
  if (typeof value !== "object" || value === null) return value;
  if (key in value) return variable(value[key], Object.keys(value), env, path);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withEnvironment(item, env, path)]),
  );
}

function variable(name: unknown, keys: string[], env: CliProcess["env"], path: string): string {
  if (typeof name !== "string" || name === "" || keys.length > 1) {
    throw new InvalidFileError(`Cannot use ${path}: "${key}" stands alone and names a variable`);
  }
  const value = env[name];
  if (value) return value;
  throw new InvalidFileError(`Cannot use ${path}: it names the variable ${name}, which is not set`);
}
