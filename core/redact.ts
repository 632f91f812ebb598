const mask = "***";
const userInfo = /\/\/[^/@\s]+@/g;

// A name that ends so, a sign, perhaps a scheme, and then the value: `Authorization: Bearer x`, `"accessToken":"x"`.
const named =
  /((?:authorization|token|signature|secret|password)["']?\s*[:=]\s*["']?(?:(?:Bearer|EAS|OSS|acs)\s)?)[^\s"'&,;<]+/gi;

/**
 * Takes secrets out of text that will be printed, wherever a name such as `Authorization:` or `Signature=`
 * announces one. Servers echo requests, so everything that a server says passes through here, or through
 * {@linkcode redact}, before it becomes part of an error.
 */
export function redactNamed(text: string): string {
  return text.replace(userInfo, `//${mask}@`).replace(named, `$1${mask}`);
}

/** Takes the given secrets out of text too, wherever they appear, also percent-encoded. */
export function redact(text: string, secrets: readonly (string | undefined)[] = []): string {
  for (const secret of secrets) {
    if (secret) text = text.replaceAll(secret, mask).replaceAll(encodeURIComponent(secret), mask);
  }
  return redactNamed(text);
}
