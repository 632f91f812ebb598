import { type RefusalInit, refuse } from "./refusal.ts";
import type { QueryPair } from "./wire-text.ts";

/** What a signed request says about its own signature. */
export interface Claims {
  /** Id of the key. */
  accessKeyId: string;
  /** `date/region/product/aliyun_v4_request`. */
  scope: string;
  /** Region of the scope. */
  region: string;
  /** Date as sent: `YYYYMMDDTHHMMSSZ`. */
  date: string;
  /** The same in milliseconds since the Unix epoch. */
  time: number;
  /** Seconds that a presigned address is good for. */
  expires?: number;
  /** Names of further signed headers, as listed. */
  additionalHeaders: string[];
  /** Token of a temporary key. */
  token?: string;
  /** Lower-case hex signature. */
  signature: string;
}

type Raw = {
  credential: string;
  date: string | undefined;
  additional: string | undefined;
  signature: string;
  token: string | undefined;
  expires?: string;
};

/** Reads the claims from the header or the query, or says why there are none. */
export function readClaims(
  headers: Map<string, string>,
  query: QueryPair[],
): Claims | ({ ok: false } & RefusalInit) {
  const authorization = headers.get("authorization");
  const raw = authorization ? fromHeader(authorization, headers) : fromQuery(new Map(query));
  if (!raw) {
    if (!authorization) {
      return refuse(403, "AccessDenied", "Anonymous access is forbidden for this operation.");
    }
    return invalid("The Authorization header is invalid.");
  }
  if (!/^[0-9a-f]{64}$/.test(raw.signature)) return invalid("The signature is not 64 lower-case hex digits.");

  const credential = parseScope(raw.credential);
  if (!credential) return invalid("The credential is not <key>/<date>/<region>/<product>/aliyun_v4_request.");
  const time = parseDate(raw.date ?? "");
  if (raw.date === undefined || Number.isNaN(time)) return invalid("x-oss-date is not YYYYMMDDTHHMMSSZ.");
  if (!raw.date.startsWith(`${credential.day}T`)) {
    return invalid("Invalid signing date in Authorization header.");
  }

  const expires = raw.expires === undefined ? undefined : Number(raw.expires);
  if (expires !== undefined && !(Number.isInteger(expires) && expires >= 1 && expires <= 604800)) {
    return invalid("x-oss-expires is not between 1 and 604800 seconds.");
  }
  if (expires === undefined && headers.get("x-oss-content-sha256") !== "UNSIGNED-PAYLOAD") {
    return invalid("x-oss-content-sha256 is not UNSIGNED-PAYLOAD.");
  }
  const additionalHeaders = raw.additional?.split(";") ?? [];
  const absent = additionalHeaders.find((name) => !headers.has(name));
  if (absent !== undefined) return invalid(`The additional header "${absent}" is missing.`);
  return {
    accessKeyId: credential.accessKeyId,
    scope: credential.scope,
    region: credential.region,
    date: raw.date,
    time,
    additionalHeaders,
    signature: raw.signature,
    ...(expires !== undefined && { expires }),
    ...(raw.token && { token: raw.token }),
  };
}

/** The header has its parts in any order and with blanks, as the vendor's clients differ in that. */
function fromHeader(authorization: string, headers: Map<string, string>): Raw | undefined {
  const [, text] = /^OSS4-HMAC-SHA256 (.+)$/.exec(authorization) ?? [];
  const pieces = (text ?? "").split(",").map((piece) =>
    /^ *(Credential|AdditionalHeaders|Signature)=(.+)$/.exec(piece)
  );
  const parts = new Map(pieces.map((piece) => [piece?.[1], piece?.[2]]));
  const [credential, signature] = [parts.get("Credential"), parts.get("Signature")];
  if (!credential || !signature || parts.has(undefined) || parts.size !== pieces.length) return undefined;
  return {
    credential,
    additional: parts.get("AdditionalHeaders"),
    signature,
    date: headers.get("x-oss-date"),
    token: headers.get("x-oss-security-token"),
  };
}

function fromQuery(query: Map<string, string>): Raw | undefined {
  const signature = query.get("x-oss-signature");
  if (signature === undefined || query.get("x-oss-signature-version") !== "OSS4-HMAC-SHA256") {
    return undefined;
  }
  return {
    credential: query.get("x-oss-credential") ?? "",
    additional: query.get("x-oss-additional-headers"),
    signature,
    date: query.get("x-oss-date"),
    token: query.get("x-oss-security-token"),
    expires: query.get("x-oss-expires") ?? "",
  };
}

/** The parts of a credential, `key/date/region/product/aliyun_v4_request`. */
export function parseScope(
  credential: string,
): { accessKeyId: string; scope: string; day: string; region: string } | undefined {
  const [, accessKeyId, scope, day, region] =
    /^([^/]+)\/((\d{8})\/([^/]+)\/[^/]+\/aliyun_v4_request)$/.exec(credential) ?? [];
  return accessKeyId && scope && day && region ? { accessKeyId, scope, day, region } : undefined;
}

/** A date of version 4 in milliseconds since the Unix epoch, or NaN. */
export function parseDate(date: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ??
    [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

// The vendor answers every malformed signature of version 4 with this code.
function invalid(message: string): { ok: false } & RefusalInit {
  return refuse(400, "InvalidArgument", message);
}
