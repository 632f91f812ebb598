// A chat as the tests of OpenAI's client have it: what is asked, what is said, and how that comes and is read.
import type OpenAI from "openai";

/** What is asked. */
export const messages = [{ role: "user" as const, content: "Greet me in 杭州" }];

/** What is said, part by part. */
export const words = ["Good", " morning", " 早上好", " 😀"];

/** An event stream, which goes on as told when its lines are sent. */
export function events(parts: readonly string[], then: "close" | "stall" | "break" = "close"): Response {
  const rest = parts.values();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 1)); // each part is a chunk of its own on the wire
      const { value } = rest.next();
      if (value !== undefined) return controller.enqueue(new TextEncoder().encode(value));
      if (then === "stall") return await new Promise(() => {});
      if (then === "break") throw new Error("the model crashed");
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** Reads the text of a chat, and the error that ends it if one does. */
export async function readText(
  client: OpenAI,
  signal?: AbortSignal,
): Promise<{ text: string; error?: unknown }> {
  let text = "";
  try {
    const chunks = await client.chat.completions.create({ model: "qwen", messages, stream: true }, {
      signal,
    });
    for await (const { choices } of chunks) text += choices[0]?.delta.content ?? "";
    return { text };
  } catch (error) {
    return { text, error };
  }
}
