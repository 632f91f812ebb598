import { redact } from "../../../core/redact.ts";
import { isJsonObject, type JsonValue } from "../json-object.ts";
import { secretKeys, secretVariable } from "../masked.ts";

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
  collect(config as JsonValue, found); // JSON, as the control plane sends it
  return [...found].filter((secret) => secret.length >= 6).sort((a, b) => b.length - a.length);
}

function collect(value: JsonValue | undefined, found: Set<string>): void {
  if (Array.isArray(value)) value.forEach((item) => collect(item, found));
  if (!isJsonObject(value)) return;
  const isVariable = typeof value.name === "string" && secretVariable.test(value.name);
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === "string" && (secretKeys.has(key) || (isVariable && key === "value"))) found.add(item);
    else collect(item, found);
  }
}
