import { crc64 } from "../crc64.ts";
import type { StoredPart } from "./calls.ts";
import { partLength, type PartPlan } from "./plan.ts";
import type { UploadJob } from "./send.ts";
import { bytesStream, changed, openPart, type OpenSource, type PassingSource } from "./source.ts";

/** A part of a passing source in memory. */
export interface HeldBytes {
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly length: number;
  readonly crc: bigint;
}

/** A part that can be sent, any number of times. */
export interface SendablePart {
  readonly number: number;
  readonly size: number;
  /** What to send; once that has happened, the CRC-64 of it, and what the source failed with. */
  body(): { content: ReadableStream<Uint8Array>; crc(): bigint; failure(): unknown };
  /** Gives its memory back. */
  release?(): void;
}

/** Waits until a part of a size may be sent. */
export type Room = (size: number) => Promise<void>;

/** Reads the source in order, and yields what is not there yet. */
export function partsToSend(job: UploadJob, room: Room): AsyncIterable<SendablePart> {
  const { source } = job;
  if (source.kind === "passing") return passingParts(job, source, room);
  return openParts(job, source, room);
}

async function* openParts(job: UploadJob, source: OpenSource, room: Room): AsyncIterable<SendablePart> {
  const { what, plan, parts, trusted, signal } = job;
  const spare: Uint8Array<ArrayBuffer>[] = []; // large buffers are dear: they are used again
  for (let number = 1, start = 0; start < source.size; number++) {
    const size = partLength(what, plan, number);
    const range = [start, start += size] as const;
    const there = parts.get(number);
    if (there && !trusted) compare(what, there, size, await hashOf(what, source, range, signal));
    if (there) continue;
    await room(size);
    signal.throwIfAborted();
    if (!holdsParts(source, plan, job.memory)) {
      yield {
        number,
        size,
        body: () => openBody(what, source, range),
      };
    } else {
      const held = await readPart(what, source, range, spare.pop() ?? new Uint8Array(plan.partSize));
      yield heldPart(number, held, () => spare.push(held.buffer));
    }
  }
}

/** Whether the parts of a source are read into memory, as all of a passing one are. */
export function holdsParts(
  source: OpenSource | PassingSource,
  { partSize }: PartPlan,
  memory: number,
): boolean {
  return source.kind === "passing" || source.read !== undefined && partSize <= memory;
}

async function readPart(
  what: string,
  source: OpenSource,
  [start, end]: readonly [number, number],
  buffer: Uint8Array<ArrayBuffer>,
): Promise<HeldBytes> {
  const bytes = buffer.subarray(0, end - start);
  const length = await source.read!(bytes, start); // asked for only where it is there
  if (length < bytes.length) {
    throw changed(what, `the source ended after ${start + length} of ${source.size} bytes`);
  }
  return { buffer, length, crc: crc64(bytes) };
}

function openBody(
  what: string,
  source: OpenSource,
  range: readonly [number, number],
): ReturnType<SendablePart["body"]> {
  const { stream, crc, failure } = openPart(what, source, ...range);
  return { content: stream, crc, failure };
}

async function hashOf(
  what: string,
  source: OpenSource,
  [start, end]: readonly [number, number],
  signal: AbortSignal,
): Promise<bigint> {
  const part = openPart(what, source, start, end);
  for await (const _ of part.stream) signal.throwIfAborted();
  return part.crc();
}

async function* passingParts(
  job: UploadJob,
  source: PassingSource,
  room: Room,
): AsyncIterable<SendablePart> {
  const { what, plan, parts, signal } = job;
  const spare: Uint8Array<ArrayBuffer>[] = []; // large buffers are dear: they are used again
  let held = job.first;
  let length = 0;
  for (let number = 1;; number++) {
    const wanted = partLength(what, plan, number);
    if (wanted <= 0) break;
    await room(wanted);
    if (!held || number > 1) held = await fill(source, spare.pop(), wanted, signal);
    length += held.length;
    if (held.length === 0 && number > 1 || held.length < wanted && plan.size !== undefined) break;
    const { buffer, crc, length: size } = held;
    const there = parts.get(number);
    if (there) compare(what, there, size, crc);
    if (there) spare.push(buffer);
    else yield heldPart(number, held, () => spare.push(buffer));
    if (size < wanted) break;
  }
  await checkEnd(job, source, length);
}

/** Reads the next bytes of a source into a buffer that was used before, if it is large enough. */
export async function fill(
  source: PassingSource,
  used: Uint8Array<ArrayBuffer> | undefined,
  wanted: number,
  signal: AbortSignal,
): Promise<HeldBytes> {
  const buffer = used && used.length >= wanted ? used : new Uint8Array(wanted);
  return { buffer, ...await source.read(buffer.subarray(0, wanted), signal) };
}

function heldPart(number: number, { buffer, length, crc }: HeldBytes, release: () => void): SendablePart {
  const bytes = buffer.subarray(0, length);
  return {
    number,
    size: length,
    body: () => ({ content: bytesStream(bytes), crc: () => crc, failure: () => undefined }),
    release,
  };
}

/**
 * Makes sure that a passing source had the length that was stated, and no fewer parts than before.
 *
 * @throws {RangeError} when the length is another.
 */
export async function checkEnd(
  { what, parts, plan, signal }: Pick<UploadJob, "what" | "parts" | "plan" | "signal">,
  source: PassingSource,
  length: number,
): Promise<void> {
  const { size = length } = plan;
  if (length < size) throw new RangeError(`${what}: the stream ended after ${length} of ${size} bytes`);
  if ((await source.read(new Uint8Array(1), signal)).length) {
    throw new RangeError(`${what}: the stream holds more than the ${size} bytes of \`size\``);
  }
  const before = [...parts.values()].reduce((sum, part) => sum + part.size, 0);
  if (before > length) {
    throw changed(what, `the stream ended after ${length} bytes, of which ${before} are there`);
  }
}

function compare(what: string, there: StoredPart, size: number, crc: bigint): void {
  if (there.size === size && there.crc64 === `${crc}`) return;
  throw changed(what, `the source has changed: its part ${there.number} is not the one that was uploaded`);
}

/** Collects a stream of known length. */
export async function collect(
  stream: ReadableStream<Uint8Array>,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const chunk of stream) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
