/** Why the emulated cloud says no; each part of it writes this in its own format. */
export interface RefusalInit {
  /** HTTP status. */
  status: number;
  /** The vendor's code. */
  code: string;
  /** The vendor's sentence, or one that tells how to mend the request. */
  message: string;
  /** Further elements of an OSS error document. */
  details?: Record<string, string>;
  /** The vendor's fine-grained number of an error of OSS, where the code alone doesn't tell it. */
  number?: string;
}

/** A {@linkcode RefusalInit} on its way out of a route. */
export class Refusal extends Error {
  /** HTTP status. */
  readonly status: number;
  /** The vendor's code. */
  readonly code: string;
  /** Further elements of an OSS error document. */
  readonly details: Record<string, string>;
  /** The vendor's fine-grained number of an error of OSS. */
  readonly number: string | undefined;

  /** Makes the refusal. */
  constructor({ status, code, message, details = {}, number }: RefusalInit) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.number = number;
  }
}

/** What a check of a signature found. */
export type Verdict = { ok: true; accessKeyId: string } | ({ ok: false } & RefusalInit);

/** A verdict against the request. */
export function refuse(
  status: number,
  code: string,
  message: string,
  details?: Record<string, string>,
): { ok: false } & RefusalInit {
  return { ok: false, status, code, message, ...(details && { details }) };
}
