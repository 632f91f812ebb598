import { redact } from "../../../core/redact.ts";
import type { Fail } from "../stream/answer-stream.ts";
import type { StreamEvent } from "../stream/framing.ts";
import { parseEvent } from "../stream/open.ts";
import type { ChatChunk, ChatCompletion, ToolCall } from "./types.ts";

/** Reads an event as JSON of one kind. */
export function parsed<Value>(
  event: StreamEvent,
  fail: Fail,
  isRight: (value: unknown) => value is Value,
): Value {
  const value = parseEvent(event, fail);
  if (isRight(value)) return value;
  const body = redact(event.data.slice(0, 65_536));
  throw fail("the service speaks another language than OpenAI's", { code: "InvalidEvent", body });
}

/** Reads a part of an answer; a whole one, from a server that doesn't stream, is a part too. */
export function toChunk(event: StreamEvent, fail: Fail): ChatChunk {
  const chunk = parsed(event, fail, isChunk);
  return chunk.choices.some(({ message }) => message)
    ? { ...chunk, choices: chunk.choices.map(toPart) }
    : chunk;
}

type Part = ChatChunk["choices"][number];

/** A part, or a whole choice, whose message is as good as one. */
type Choice = Part & { message?: Omit<Part["delta"], "tool_calls"> & { tool_calls?: readonly ToolCall[] } };

function toPart({ message, ...choice }: Choice): Part {
  if (!message) return choice;
  const { tool_calls, ...delta } = message;
  const calls = tool_calls?.map((call, index) => ({ index, ...call }));
  return { ...choice, delta: calls ? { ...delta, tool_calls: calls } : delta };
}

function isChunk(value: unknown): value is Omit<ChatChunk, "choices"> & { choices: Choice[] } {
  return Array.isArray((value as { choices?: unknown } | null)?.choices);
}

/** Whether it is an answer. */
export function isCompletion(value: unknown): value is ChatCompletion {
  return isChunk(value);
}

/** Whether it is a list of models. */
export function isList(value: unknown): value is { data: { id: string }[] } {
  return Array.isArray((value as { data?: unknown } | null)?.data);
}
