import { redact } from "../../../core/redact.ts";
import type { Fail } from "./answer-stream.ts";
import type { StreamEvent } from "./framing.ts";
import type { StreamError } from "./stream-error.ts";

/** How an object begins that is an error: a look at it is cheaper than reading each event twice. */
const looksLikeError = /^\s*\{\s*"error"\s*:/;

/** Characters of an error's text that go into the message. */
const maxText = 200;

/**
 * The error that an event is, if it is one: `{"error": {"message": …}}`, as OpenAI-compatible services put it into a
 * stream; `{"error": "…"}` and nothing else; or an event whose kind is `error`.
 */
export function serviceError({ event, data }: StreamEvent, fail: Fail): StreamError | undefined {
  const value = looksLikeError.test(data) ? parse(data) : undefined;
  const { error } = value ?? {};
  const isError = event === "error" || isObject(error) ||
    (typeof error === "string" && Object.keys(value!).length === 1);
  if (!isError) return undefined;
  const { message, code, type } = isObject(error) ? error : { message: error };
  const said = redact(typeof message === "string" ? message : data);
  const status = typeof code === "number" && code >= 400 && code < 600 ? code : undefined;
  const name = [code, type].find((value) => typeof value === "string" && value !== "");
  return fail(`the service failed: ${said.slice(0, maxText)}`, {
    code: name === undefined ? "StreamError" : `${name}`,
    status,
    body: redact(data),
    retryable: status === undefined || status === 429 || status >= 500,
  });
}

function parse(data: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(data);
  } catch {
    return undefined; // what can't be read is no error of the service
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
