import { createParser } from "eventsource-parser";

/** An event of a stream; lines and whole answers are events that have nothing but data. */
export interface StreamEvent {
  /** What it says. Several `data` fields of one event are lines of it. */
  data: string;
  /** Its kind, where the service names one. */
  event?: string;
  /** Its id, where the service gives one. */
  id?: string;
}

/** How a body is divided. */
export type FramingName = "sse" | "lines" | "whole";

/** Divides a body into pieces, chunk by chunk. Throws a `RangeError` for a piece that is too long. */
export interface Framing<Piece> {
  /** Pieces that a chunk completes. */
  push(chunk: Uint8Array<ArrayBuffer>): Piece[];
  /** What is left at the end. */
  end(): Piece[];
}

/** Makes a framing of text. `maxLength` is that of an event, in characters. */
export const framings: Readonly<Record<FramingName, (maxLength: number) => Framing<StreamEvent>>> = {
  sse,
  lines,
  whole,
};

/** The framing that a media type means, if any. */
export function framingOf(contentType: string | null): FramingName | undefined {
  const type = contentType?.replace(/\s*;.*/s, "").trim().toLowerCase() ?? "";
  if (type === "text/event-stream") return "sse";
  if (/^application\/(x-)?(ndjson|jsonl|json-?lines|json-stream)$|^application\/stream\+json$/.test(type)) {
    return "lines";
  }
  return /^application\/([\w.-]+\+)?json$/.test(type) ? "whole" : undefined;
}

/** Server-sent events by the rules of the WHATWG: https://html.spec.whatwg.org/multipage/server-sent-events.html. */
function sse(maxLength: number): Framing<StreamEvent> {
  let found: StreamEvent[] = [];
  const decoder = new TextDecoder(); // which takes the byte order mark away
  const parser = createParser({
    maxBufferSize: maxLength,
    onEvent: (event) => found.push(event),
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded") throw tooLong(maxLength); // all else is ignored, by the rules
    },
  });
  let wasCr = false;
  const feed = (text: string): StreamEvent[] => {
    if (!text) return [];
    found = [];
    // The parser waits for what follows a CR at the end of a chunk. It makes a line end in any case.
    const rest = wasCr && text.startsWith("\n") ? text.slice(1) : text;
    wasCr = text.endsWith("\r");
    parser.feed(wasCr ? `${rest}\n` : rest);
    return found;
  };
  return {
    push: (chunk) => feed(decoder.decode(chunk, { stream: true })),
    end: () => feed(decoder.decode()), // an event without its empty line was cut, and is dropped
  };
}

/** Lines that are not empty, the last one with or without its end. */
function lines(maxLength: number): Framing<StreamEvent> {
  const decoder = new TextDecoder();
  let parts: string[] = [], length = 0;
  const close = (end: string): StreamEvent[] => {
    const line = parts.length ? parts.join("") + end : end;
    parts = [];
    length = 0;
    if (line.length > maxLength) throw tooLong(maxLength);
    return line.trim() ? [{ data: line.replace(/\r$/, "") }] : [];
  };
  return {
    push(chunk) {
      const [first = "", ...more] = decoder.decode(chunk, { stream: true }).split("\n");
      const last = more.pop();
      const found = last === undefined ? [] : [first, ...more].flatMap(close);
      const rest = last ?? first;
      if (rest) parts.push(rest);
      if ((length += rest.length) > maxLength) throw tooLong(maxLength);
      return found;
    },
    end: () => close(decoder.decode()),
  };
}

/** The whole body as one event. */
function whole(maxLength: number): Framing<StreamEvent> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let length = 0;
  return {
    push(chunk) {
      const text = decoder.decode(chunk, { stream: true });
      parts.push(text);
      if ((length += text.length) > maxLength) throw tooLong(maxLength);
      return [];
    },
    end() {
      const data = parts.join("") + decoder.decode();
      return data ? [{ data }] : [];
    },
  };
}

function tooLong(maxLength: number): RangeError {
  return new RangeError(`an event is longer than ${maxLength} characters`);
}
