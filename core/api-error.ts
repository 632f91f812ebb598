import { type Acs3Request, canonicalRequest, stringToSign } from "./acs3.ts";
import { ApiError } from "./errors.ts";
import { hide } from "./redact.ts";

/** The last attempt of a call. */
export interface Attempt {
  /** When the request was signed, in milliseconds since the Unix epoch. */
  time: number;
  /** What was signed. */
  signed: Acs3Request;
  /** What came back. */
  response: Response;
  /** Its body. */
  text: string;
}

/** Makes the error of a refused call. Never throws, whatever the answer holds. */
export function apiError(action: string, { time, signed, response, text }: Attempt): ApiError {
  const { status, headers } = response;
  const code = field(text, "code");
  const said = field(text, "message") ?? text;
  const requestId = field(text, "requestid") ?? headers.get("x-acs-request-id") ?? undefined;
  const token = signed.headers["x-acs-security-token"] ?? signed.headers["x-acs-bearer-token"];
  let hint = "";
  if (code === "SignatureDoesNotMatch") {
    const same = said.includes(stringToSign(canonicalRequest(signed)).slice(-64));
    hint = same ? "accessKeySecret is wrong" : "the request was changed on its way";
  } else if (/time(stamp|$|\.)/i.test(`${code}`)) {
    const ahead = Math.round((time - Date.parse(`${headers.get("date")}`)) / 1000);
    hint = `this clock is ${ahead || "some"} s ahead`;
  }
  const state = [code ?? `status is ${status}`, hide(said, token).slice(0, 500), hint].filter(Boolean).join(
    "; ",
  );
  return new ApiError(`Cannot call ${action}: ${state}`, { action, code, status, requestId });
}

/** A member of a JSON object, whose products disagree on its case. */
function field(text: string, name: string): string | undefined {
  const found = new RegExp(`"${name}"\\s*:\\s*("(?:[^"\\\\]|\\\\.)*")`, "i").exec(text)?.[1];
  try {
    return found && JSON.parse(found);
  } catch {
    return found; // no JSON string after all: as it is
  }
}
