const mask = "***";
const userInfo = /(:\/\/)[^/\s"'?#]+@/g;

// A name that ends so, a sign, perhaps a scheme, and then the value: `Authorization: Bearer x`, `"accessToken":"x"`.
const named =
  /((?:authorization|token|signature|secret|password)\\*["']?\s*[:=]\s*\\*["']?(?:(?:Bearer|Basic|EAS|OSS|acs)\s)?)[^\s"'&,;<\\]+/gi;

/** Takes a secret out of text that will be printed, wherever it appears, also percent-encoded. */
export function hide(text: string, secret: string | undefined): string {
  return secret ? text.replaceAll(secret, mask).replaceAll(encodeURIComponent(secret), mask) : text;
}

/**
 * Takes out the given secrets, and whatever a name such as `Authorization:` or `Signature=` announces as one. For
 * text from others: servers echo requests.
 */
export function redact(text: string, secrets: readonly (string | undefined)[] = []): string {
  return secrets.reduce<string>(hide, text).replace(userInfo, `$1${mask}@`).replace(named, `$1${mask}`);
}
