import type { ChatChunk, ChatCompletion, ToolCall } from "./types.ts";

/** The text of the first choice, piece by piece. */
export async function* chatText(chunks: AsyncIterable<ChatChunk>): AsyncGenerator<string, void, void> {
  for await (const { choices } of chunks) {
    const content = choices.find(({ index }) => index === 0)?.delta.content;
    if (content) yield content;
  }
}

/** The whole answer that the parts make, as `chat` would have given it. Throws what the parts throw. */
export async function chatCompletion(chunks: AsyncIterable<ChatChunk>): Promise<ChatCompletion> {
  const whole: ChatCompletion = { id: "", model: "", created: 0, choices: [] };
  const choices = new Map<number, GrowingChoice>();
  for await (const { id, model, created, choices: parts, usage } of chunks) {
    whole.id ||= id;
    whole.model ||= model;
    whole.created ||= created;
    if (usage) whole.usage = usage;
    for (const part of parts) {
      const choice = choices.get(part.index) ?? { calls: new Map(), role: "assistant", reason: null };
      choices.set(part.index, choice);
      grow(choice, part);
    }
  }
  whole.choices = byKey(choices).map(([index, choice]) => finished(index, choice));
  return whole;
}

/** A choice while its parts come. */
interface GrowingChoice {
  role: string;
  content?: string;
  thought?: string;
  calls: Map<number, ToolCall>;
  reason: string | null;
}

function grow(choice: GrowingChoice, { delta, finish_reason }: ChatChunk["choices"][number]): void {
  const { role, content, reasoning_content: thought, tool_calls } = delta;
  if (role) choice.role = role;
  if (content != null) choice.content = (choice.content ?? "") + content;
  if (thought != null) choice.thought = (choice.thought ?? "") + thought;
  for (const { index, id, type, function: part } of tool_calls ?? []) {
    const call = choice.calls.get(index) ??
      { id: "", type: "function", function: { name: "", arguments: "" } };
    choice.calls.set(index, call);
    call.id ||= id ?? "";
    call.type = type ?? call.type;
    call.function.name ||= part?.name ?? "";
    call.function.arguments += part?.arguments ?? "";
  }
  choice.reason = finish_reason ?? choice.reason;
}

function finished(index: number, choice: GrowingChoice): ChatCompletion["choices"][number] {
  const { role, content = null, thought, calls, reason } = choice;
  return {
    index,
    message: {
      role,
      content,
      ...(thought !== undefined && { reasoning_content: thought }),
      ...(calls.size > 0 && { tool_calls: byKey(calls).map(([, call]) => call) }),
    },
    finish_reason: reason,
  };
}

function byKey<Value>(map: ReadonlyMap<number, Value>): [number, Value][] {
  return [...map].sort(([a], [b]) => a - b);
}
