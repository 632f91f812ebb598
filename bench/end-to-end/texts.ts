/**
 * Payloads that are text: a small prediction in JSON, and streams of events as chat has them.
 *
 * @module
 */

/** The name of one, by which the service knows it. A stream's is `events-`, how many, and how many are written at once. */
export type TextId = "json" | "paced" | `events-${number}-${number}`;

/** What a caller has, and what the service answers with. */
export const small = { input: [[5.1, 3.5, 1.4, 0.2]], output: [0.98, 0.02] };

/** What a caller of a chat sends. */
export const chatRequest = {
  model: "qwen",
  messages: [{ role: "user" as const, content: "Count" }],
  stream: true as const,
};

const chunk = {
  id: "c1",
  object: "chat.completion.chunk",
  created: 1_700_000_000,
  model: "qwen",
  choices: [{ index: 0, delta: { content: " once" }, finish_reason: null }],
};

/** One event. */
export const event = `data: ${JSON.stringify(chunk)}\n\n`;

/** A stream whose events are written one by one, with pauses of so many milliseconds. */
export const paced = { count: 10, together: 1, pause: 5 };

/** How a stream is written; nothing for what is none. */
export function streamOf(id: string): { count: number; together: number; pause: number } | undefined {
  if (id === "paced") return paced;
  const [kind, count, together] = id.split("-");
  return kind === "events" ? { count: Number(count), together: Number(together), pause: 0 } : undefined;
}

/** Bytes of a stream of so many events. */
export function streamLength(count: number): number {
  return count * event.length + "data: [DONE]\n\n".length; // it is ASCII
}

/** What tables say. */
export function titleOf(id: TextId): string {
  if (id === "json") return "1 × 4 floats as JSON";
  const { count, together } = streamOf(id)!; // all others are streams
  return `${count.toLocaleString("en")} events, ${
    together === 1 ? "each by itself" : `${together} at a time`
  }`;
}
