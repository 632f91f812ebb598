import type { ServerEvent, Streamed } from "./streamed.ts";

/** What all parts of an answer have in common. */
export interface Said {
  /** Its id. */
  id: string;
  /** When it was asked for, in seconds since the Unix epoch. */
  created: number;
  /** Name of the model. */
  model: string;
}

/** How an answer is bounded and counted. */
export interface Counted {
  /** Most tokens of the answer. */
  limit: number;
  /** Tokens of the question. */
  prompt: number;
}

/** Tokens of a question and its answer, as the answer tells them. */
function usage(prompt: number, completion: number): Record<string, number> {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  };
}

/** The whole answer. */
export async function completion(
  { id, created, model }: Said,
  spoken: Streamed<string>,
  { limit, prompt }: Counted,
): Promise<unknown> {
  let content = "", count = 0, reason = "stop";
  for await (const token of spoken) {
    if (count >= limit) {
      reason = "length";
      break;
    }
    content += token;
    count++;
  }
  const message = { role: "assistant", content };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: reason }];
  return { id, object: "chat.completion", created, model, choices, usage: usage(prompt, count) };
}

/** The answer in parts. An error among them is an event of its own, after which the stream ends without `[DONE]`. */
export async function* chunks(
  { id, created, model }: Said,
  spoken: Streamed<string>,
  { limit, prompt, includeUsage }: Counted & { includeUsage: boolean },
): AsyncGenerator<ServerEvent> {
  const chunk = (choices: unknown[], more = {}): ServerEvent => ({
    data: { id, object: "chat.completion.chunk", created, model, choices, ...more },
  });
  const choice = (delta: unknown, reason: string | null = null): unknown[] => [
    { index: 0, delta, logprobs: null, finish_reason: reason },
  ];
  let count = 0, reason = "stop";
  yield chunk(choice({ role: "assistant", content: "" }));
  try {
    for await (const token of spoken) {
      if (count >= limit) {
        reason = "length";
        break;
      }
      yield chunk(choice({ content: token }));
      count++;
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : `${error}`;
    yield { data: { error: { message, type: "InternalServerError", param: null, code: 500 } } };
    return;
  }
  yield chunk(choice({}, reason));
  if (includeUsage) yield chunk([], { usage: usage(prompt, count) });
  yield { data: "[DONE]" };
}
