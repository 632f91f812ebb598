import { TimeoutError } from "../../../core/errors.ts";
import { redact } from "../../../core/redact.ts";
import { DockerError } from "./docker-error.ts";
import type { Machine } from "./machine.ts";

/** What systems and runtimes call it, and what it means for the user. */
const rules: [named: RegExp, reason: string][] = [
  [/\bENOENT\b|no such file/i, "there is no such socket"],
  [/\bECONNREFUSED\b|connection refused/i, "nothing listens there: the engine is not running"],
  [/\b(ENOTFOUND|EAI_AGAIN)\b|dns|lookup/i, "there is no such host"],
  [/\bENOTSOCK\b|not a socket/i, "it is no socket"],
  [/\b(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)\b/, "the host can't be reached"],
  [
    /certificate|\bCERT_|self.signed|UNABLE_TO_VERIFY|UnknownIssuer|altname|\bTLS\b|\bSSL\b|handshake/i,
    "the certificates don't fit; see DOCKER_CERT_PATH (ca.pem, cert.pem, key.pem) and that the engine's names this host",
  ],
];

/** Why a place is not used, in words that say what to do about it. */
export function whyNot(error: unknown, { platform }: Pick<Machine, "platform">): string {
  if (error instanceof TimeoutError) return "it does not answer in time";
  if (error instanceof DockerError && error.status !== undefined) {
    return `it answered ${error.status}, so it is no container engine or wants TLS`;
  }
  const text = chain(error);
  if (/NotCapable|Requires (?:net|read|write) access/.test(text)) {
    return "this process may not; run Deno with --allow-net=unix:<socket> --allow-read=<socket> --allow-write=<socket>";
  }
  if (/\b(EACCES|EPERM)\b|permission denied/i.test(text)) {
    return platform === "linux"
      ? "permission denied; add yourself to the group docker: sudo usermod -aG docker $USER, and log in again"
      : "permission denied; see that it is yours";
  }
  return rules.find(([named]) => named.test(text))?.[1] ?? redact(text.slice(0, 300));
}

/** Names, codes and messages of an error and of what led to it. */
function chain(error: unknown): string {
  const texts: string[] = [];
  for (let at = error instanceof DockerError ? error.cause : error, depth = 0; at && depth < 4; depth++) {
    const { name, code, message, cause } = Object(at);
    texts.push([name, code, message].filter(Boolean).join(" "));
    at = cause;
  }
  return texts.join(": ");
}
