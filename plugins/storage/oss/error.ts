import { StorageError } from "../../../core/errors.ts";
import { charBytes } from "../../../core/encoding.ts";
import { redact } from "../../../core/redact.ts";
import { childText, parseXml, type XmlElement } from "./xml.ts";

/** What OSS said about a request that failed. */
export interface OssRefusal {
  /** The vendor's code, such as `AccessDenied`; of an answer without one, what its status stands for, if anything. */
  readonly code: string | undefined;
  /** HTTP status. */
  readonly status: number;
  /** The vendor's id of the request. */
  readonly requestId: string | undefined;
  /** The error's element, or `undefined` when the answer held none. */
  readonly details: XmlElement | undefined;
}

// OSS's errors are well below 4 KiB, and a proxy's pages are of no use.
const maxBytes = 64 * 1024;

// Fine-grained codes in `x-oss-ec`, which HEAD has when it has nothing else:
// https://help.aliyun.com/zh/oss/support/0015-00000101 and https://help.aliyun.com/zh/oss/support/0026-00000001
const codeOfEc: Readonly<Record<string, string>> = {
  "0015-00000101": "NoSuchBucket",
  "0026-00000001": "NoSuchKey",
};

// What an answer without a body means: that to a HEAD, and any 304.
const codeOfStatus: Readonly<Record<number, string>> = {
  304: "NotModified",
  404: "NoSuchKey",
  412: "PreconditionFailed",
};

/** Reads an error answer and consumes its body. Never throws, whatever the answer holds. */
export async function readRefusal(response: Response, method: string): Promise<OssRefusal> {
  const { headers, status } = response;
  const details = parseXml(await beginning(response)) ?? parseXml(fromBase64(headers.get("x-oss-err") ?? ""));
  const ec = headers.get("x-oss-ec");
  const isBare = status === 304 || method === "HEAD" && ec === null;
  return {
    code: childText(details, "Code")?.trim() || codeOfEc[ec ?? ""] ||
      (isBare ? codeOfStatus[status] : undefined),
    status,
    requestId: headers.get("x-oss-request-id") ?? childText(details, "RequestId"),
    details,
  };
}

/** What {@linkcode storageError} says beyond the refusal. */
export interface RefusalContext {
  /** The address that the call was about. */
  uri: string;
  /** The object, when the call was about one. */
  key?: string;
  /** Values to keep out of the message. */
  secrets: readonly (string | undefined)[];
  /** How to mend it, where the caller knows more than the code tells. */
  hint?: string;
}

/** Makes the error of a refused call: `Cannot put "oss://b/k": AccessDenied (…)`. */
export function storageError(action: string, refusal: OssRefusal, context: RefusalContext): StorageError {
  const { code, status, requestId, details } = refusal;
  const said = childText(details, "Message")?.trim();
  const state = `${code ?? `the server answered ${status}`}${said ? ` (${said.replace(/\.$/, "")})` : ""}`;
  const hint = context.hint ?? hintFor(refusal);
  const message = redact(
    `Cannot ${action} "${context.uri}": ${state}${hint ? `; ${hint}` : ""}`,
    context.secrets,
  );
  return new StorageError(message, { code, status, requestId, key: context.key });
}

function hintFor({ code, status, details }: OssRefusal): string | undefined {
  const endpoint = childText(details, "Endpoint");
  if (endpoint) return `the bucket is at \`endpoint: "${endpoint}"\``;
  switch (code) {
    case "NoSuchBucket":
      return "check the bucket's name and that `region` or `endpoint` is the bucket's own";
    case "InvalidAccessKeyId":
      return "the access key is disabled, deleted, or temporary and sent without its security token";
    case "SecurityTokenExpired":
      return "the temporary credentials have expired; use a provider that renews them";
    case "SecondLevelDomainForbidden":
      return "OSS wants the bucket in the host name; set `endpoint` to a host name, not an IP address";
    case "RequestTimeTooSkewed":
      return `this machine's clock says ${
        childText(details, "RequestTime") ?? "another time"
      }, the server's ${childText(details, "ServerTime") ?? "differs"}; set the clock`;
  }
  if (status >= 300 && status < 400 && status !== 304) {
    return "signed requests follow no redirect; check `region` and `endpoint`";
  }
}

async function beginning(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk.subarray(0, maxBytes), { stream: true });
      if (text.length > maxBytes) break;
    }
  } catch {
    // A connection that breaks here has still told its status.
  }
  return text;
}

function fromBase64(text: string): string {
  try {
    return new TextDecoder().decode(charBytes(atob(text)));
  } catch {
    return "";
  }
}
