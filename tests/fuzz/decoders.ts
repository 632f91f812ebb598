/**
 * Gives decoders bytes that nobody wrote: `deno task fuzz [INPUTS] [SEED]`. Whatever the bytes are, reading ends with a
 * message or a `DecodeError`, within a second, in memory that is bounded by the number of bytes, and leaves bytes that
 * are no message as they were.
 *
 * @module
 */
import assert from "node:assert/strict";
import { decode, DecodeError } from "../../protos/tf-predict.ts";
import type { MessageType } from "../../protos/message.ts";
import * as queue from "../../protos/queue.ts";
import * as tf from "../../protos/tf-predict.ts";
import * as torch from "../../protos/pytorch-predict.ts";
import * as torchrec from "../../protos/torchrec-predict.ts";
import { fromHex, toHex } from "../support/hex.ts";
import { vectors } from "../support/vectors.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const types = [
  tf.predictRequest,
  tf.predictResponse,
  torch.predictRequest,
  torch.predictResponse,
  torchrec.pbRequest,
  torchrec.pbResponse,
  queue.dataFrame,
  queue.dataFrameList,
] as unknown as MessageType<object>[]; // which hold different things
const ways = [{}, { own: true }, { copy: true }];

/** Longest input, and most milliseconds that reading one may take: a thousand times of what it does. */
const longest = 400, patience = 1000;

/** Most memory of what was read: a byte can be an integer of 8; arrays of the usual kind may be counted wrong before. */
const bound = (length: number): number => 16 * length + 8192;

/** Random numbers that a seed repeats. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return Math.floor(((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32 * below);
  };
}

/** Messages to begin with: all vectors. */
function seeds(): Bytes[] {
  const files = ["pb-tf", "pb-torch", "pb-torchrec", "pb-queue"];
  return files.flatMap((file) => vectors<{ cases: { hex: string }[] }>(`eas/${file}`).cases)
    .map(({ hex }) => fromHex(hex)).filter(({ length }) => length && length <= longest);
}

/** Bytes that decoders look at: tags, lengths that are too long or need no byte, ends of varints. */
const telling = [0, 1, 2, 7, 8, 0x0a, 0x12, 0x1a, 0x22, 0x2a, 0x3a, 0x42, 0x7f, 0x80, 0x81, 0xff];

/** Makes another input of those that there are. */
function mutate(corpus: readonly Bytes[], random: (below: number) => number): Bytes {
  const pick = (): Bytes => corpus[random(corpus.length)]!;
  const one = pick(), other = pick();
  switch (random(5)) {
    case 0: // only bytes
      return Uint8Array.from({ length: random(40) }, () => random(256));
    case 1: // the beginning of one and the end of another
      return new Uint8Array([
        ...one.subarray(0, random(one.length)),
        ...other.subarray(random(other.length)),
      ]);
    case 2: // cut off
      return one.slice(0, random(one.length));
    case 3: // one put into another
      return (([at]) => new Uint8Array([...one.subarray(0, at), ...other, ...one.subarray(at)]))([
        random(one.length),
      ]);
    default: {
      const bytes = one.slice();
      for (let edits = 1 + random(4); edits--;) {
        bytes[random(bytes.length)] = random(2) ? random(256) : telling[random(telling.length)]!;
      }
      return bytes;
    }
  }
}

/** How many bytes the arrays take that a message holds, other than those of the input. */
function held(value: unknown, input: ArrayBuffer, seen = new Set<unknown>()): number {
  if (typeof value !== "object" || value === null) return 0;
  if (ArrayBuffer.isView(value)) {
    const { buffer } = value;
    return buffer === input || seen.size === seen.add(buffer).size ? 0 : buffer.byteLength;
  }
  const parts = value instanceof Map ? value.values() : Object.values(value);
  let sum = 0;
  for (const part of parts) sum += held(part, input, seen);
  return sum;
}

/** Reads an input; tells whether it was a message. */
function check(type: MessageType<object>, way: object, bytes: Bytes, offset: number): boolean {
  const given = new Uint8Array(bytes.length + 8).subarray(offset, offset + bytes.length);
  given.set(bytes);
  const started = performance.now();
  try {
    const read = decode(type, given, way), size = held(read, given.buffer);
    assert.ok(size <= bound(bytes.length), `${size} bytes were allocated for ${bytes.length}`);
    return true;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    assert.ok(error.offset >= 0 && error.offset <= bytes.length, `the error is at ${error.offset}`);
    assert.deepEqual(given, bytes, "what can't be read stays as it is");
    return false;
  } finally {
    const took = performance.now() - started;
    assert.ok(took < patience, `reading took ${took} ms`);
  }
}

if (import.meta.main) {
  const [inputs, seed] = [Number(Deno.args[0] ?? 1e6), Number(Deno.args[1] ?? Date.now() % 2 ** 31)];
  const random = numbers(seed), corpus = seeds(), first = corpus.length;
  let messages = 0, most = 0;
  for (let i = 0; i < inputs; i++) {
    const bytes = mutate(corpus, random).slice(0, longest);
    const type = types[random(types.length)]!, way = ways[i % ways.length]!, offset = random(8);
    try {
      if (check(type, way, bytes, offset)) {
        messages++;
        // What is a message leads to others; the oldest of them make room.
        if (bytes.length && random(20) === 0) {
          corpus[first + random(2000) % (corpus.length - first + 1)] = bytes;
        }
      }
    } catch (error) {
      console.error(
        `Seed ${seed}, input ${i}: ${type.name}, ${JSON.stringify(way)}, offset ${offset}\n${toHex(bytes)}`,
      );
      throw error;
    }
    if (i % 10_000 === 0) most = Math.max(most, Deno.memoryUsage().rss);
  }
  const megabytes = Math.round(most / 1e6);
  assert.ok(most < 1e9, `the process took ${megabytes} MB`);
  assert.ok(messages > inputs / 20 && messages < inputs, `${messages} of ${inputs} inputs were messages`);
  console.log(`${inputs} inputs, ${messages} of them messages, seed ${seed}, ${megabytes} MB at the most`);
}
