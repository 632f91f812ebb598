import type { Container } from "../../../core/service-config.ts";
import { refusal, type Subject } from "./refusal.ts";

/** The variable in which EAS tells a server its port. */
export const portVariable = "LISTENING_PORT";

/**
 * The environment of a container: its own, and what EAS sets.
 *
 * @throws {TypeError} when a variable can't be one; the message has no value in it.
 */
export function environmentOf({ env }: Container, port: number, subject: Subject): Record<string, string> {
  if (env !== undefined && env !== null && !Array.isArray(env)) throw refusal(subject, "its env is no list");
  const variables = new Map<string, string>();
  for (const entry of env ?? []) {
    const { name, value } = Object(entry) as { name?: unknown; value?: unknown }; // whatever users wrote
    if (typeof name !== "string" || name === "" || /[=\0]/.test(name)) {
      throw refusal(
        subject,
        `an environment variable has the name ${JSON.stringify(name)}, which can't be one`,
      );
    }
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      throw refusal(subject, `the environment variable "${name}" has no text for a value`);
    }
    if (String(value).includes("\0")) {
      throw refusal(subject, `the environment variable "${name}" has a NUL character`);
    }
    variables.set(name, String(value)); // the last one of a name wins, as in a shell
  }
  variables.set(portVariable, String(port));
  return Object.fromEntries(variables);
}
