import { redact } from "./redact.ts";

/** Keys of the service configuration whose values are secrets. */
export const secretKeys: ReadonlySet<string> = new Set(["token", "dockerAuth", "password"]);

/** Environment variables that hold secrets can only be told by their names. */
export const secretVariable = /token|secret|passw|credential|auth|(access|api|private)_?key/i;

// Ids of access keys, of accounts and of temporary credentials: half of a pair that should not be passed around.
const accessKeyId = /\b(?:LTAI[0-9A-Za-z]{12,}|STS\.[0-9A-Za-z]{8,})/g;

// What signs an address or names a secret; `redact` knows the names that end in token, signature, secret or
// password.
const names = "access_?key(?:_?id)?|api[-_]?key|credential|dockerauth|passwd|pwd|security-token";
const named = new RegExp(String.raw`((?:${names})\\*["']?\s*[:=]\s*\\*["']?)[^\s"'&,;<\\]+`, "gi");

const bearer = /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/g;

/** Masks secrets in what servers and containers have written: the given ones, and whatever looks like one. */
export function maskSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  return redact(text, secrets).replace(bearer, "$1 ***").replace(named, "$1***").replace(accessKeyId, "***");
}

/** Values in a configuration that are or may be secrets. Short ones are left out, as they would mask common words. */
export function secretsOf(config: unknown): string[] {
  const found = new Set<string>();
  collect(config, found);
  return [...found].filter((secret) => secret.length >= 6).sort((a, b) => b.length - a.length);
}

function collect(value: unknown, found: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  const isVariable = "name" in value && typeof value.name === "string" && secretVariable.test(value.name);
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === "string" && (secretKeys.has(key) || (isVariable && key === "value"))) found.add(item);
    else collect(item, found);
  }
}
