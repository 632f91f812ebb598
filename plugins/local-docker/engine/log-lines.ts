import type { LogFrame } from "./log-frames.ts";

/** A line of a container's output. */
export interface LogLine {
  /** Which stream it was written to; always the output where there is a terminal. */
  stream: "stdout" | "stderr";
  /** When it was written, if the engine says so. */
  time?: Date;
  /** The line without its end. */
  text: string;
}

// Beyond this a line comes in pieces, so that a program that never ends one doesn't fill the memory.
const longestLine = 1_048_576;

/** A line that has begun. */
interface Begun {
  parts: Uint8Array[];
  length: number;
  time?: Date;
}

/**
 * Puts frames together to lines. Every frame begins with its time, also those that go on with a line: engines cut long
 * lines, and a character may be cut with them.
 */
export async function* logLines(frames: AsyncIterable<LogFrame>): AsyncGenerator<LogLine> {
  const begun: Record<LogFrame["stream"], Begun> = {
    stdout: { parts: [], length: 0 },
    stderr: { parts: [], length: 0 },
  };
  for await (const { stream, bytes } of frames) {
    const stamp = stampOf(bytes);
    const line = begun[stream];
    line.time ??= stamp?.time;
    let at = stamp?.length ?? 0;
    for (let end = bytes.indexOf(10, at); end !== -1; end = bytes.indexOf(10, at)) {
      add(line, bytes.subarray(at, end));
      yield take(stream, line);
      at = end + 1;
      line.time = stamp?.time;
    }
    add(line, bytes.subarray(at));
    if (at === bytes.length && !line.length) line.time = undefined;
    if (line.length > longestLine) yield take(stream, line);
  }
  for (const stream of ["stdout", "stderr"] as const) {
    if (begun[stream].length) yield take(stream, begun[stream]);
  }
}

/** A terminal's output has no frames: each line begins with its time and ends as terminals end lines. */
export async function* terminalFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<LogFrame> {
  let parts: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let at = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, at)) {
      yield { stream: "stdout", bytes: concat([...parts, chunk.subarray(at, end + 1)]) };
      parts = [];
      at = end + 1;
    }
    if (at < chunk.length) parts.push(chunk.subarray(at));
  }
  if (parts.length) yield { stream: "stdout", bytes: concat(parts) };
}

function add(line: Begun, bytes: Uint8Array): void {
  if (!bytes.length) return;
  line.parts.push(bytes);
  line.length += bytes.length;
}

function take(stream: LogFrame["stream"], line: Begun): LogLine {
  const text = new TextDecoder().decode(concat(line.parts)).replace(/\r$/, "");
  const { time } = line;
  line.parts = [];
  line.length = 0;
  line.time = undefined;
  return time ? { stream, time, text } : { stream, text };
}

// 2026-01-31T12:00:00.123456789Z or with an offset, and a space.
const longestStamp = 40;
const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) /;

function stampOf(bytes: Uint8Array): { time: Date; length: number } | undefined {
  const match = pattern.exec(String.fromCharCode(...bytes.subarray(0, longestStamp)));
  if (!match) return undefined;
  const time = new Date(match[1]!.replace(/(\.\d{3})\d+/, "$1")); // dates have milliseconds
  return { time, length: match[0].length };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
