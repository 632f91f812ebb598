import { PredictionError } from "./errors.ts";
import { hide } from "./redact.ts";
import { predictRetry } from "./retry.ts";

/** Characters of a failed answer that are kept. */
const maxBody = 65_536;

/**
 * What a status says of a service in EAS, and how to mend it.
 *
 * Source: status codes of EAS services, https://help.aliyun.com/document_detail/449809.html.
 */
const meanings: { readonly [status: number]: string } = {
  401: "token missing or wrong",
  408: "see metadata.rpc.keepalive",
  450: "queue full, see metadata.rpc.max_queue_size",
  503: "not ready",
};

/**
 * Makes the error of an answer that is not 2xx, or that a serializer could not read.
 *
 * @param what Beginning of the message, such as `Cannot predict with "iris"`.
 * @param secret What the request was authorized with; the error does not repeat it.
 * @param unread What the serializer was given, when that is the reason.
 */
export async function predictionError(
  what: string,
  response: Response,
  secret?: string,
  unread?: Uint8Array<ArrayBuffer>,
  cause?: unknown,
): Promise<PredictionError> {
  const { status, headers } = response;
  const meaning = unread
    ? `can't read ${headers.get("content-type")}`
    : meanings[status] ?? URL.parse(headers.get("location")!)?.host ?? ""; // a path may hold secrets; null is no URL
  const body = hide(await readStart(unread ? [unread] : response.body), secret);
  const state = meaning && ` (${hide(meaning, secret)})`, text = body && `: ${body.slice(0, 200)}`;
  return new PredictionError(`${what}: status is ${status}${state}${text}`, {
    status,
    requestId: headers.get("x-request-id") ?? undefined,
    retryAfter: headers.get("retry-after") ?? undefined,
    body,
    retryable: status in predictRetry.statuses,
    cause,
  });
}

/** Reads the beginning of a body as text. */
async function readStart(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | null,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length >= maxBody) break; // which cancels the rest
    }
  } catch {
    // the status says more than how its text broke off
  }
  return text.slice(0, maxBody);
}
