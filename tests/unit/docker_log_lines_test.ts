import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonLines } from "../../plugins/local-docker/engine/json-lines.ts";
import { type LogFrame, logFrames } from "../../plugins/local-docker/engine/log-frames.ts";
import { type LogLine, logLines, terminalFrames } from "../../plugins/local-docker/engine/log-lines.ts";

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** What a program wrote: a line, and where the engine cut it. */
interface Written {
  stream: "stdout" | "stderr";
  text: string;
  cuts: number[];
}

const text = fc.string({ unit: fc.constantFrom("a", " ", "é", "字", "😀", "\t", ":"), maxLength: 12 });
const written: fc.Arbitrary<Written> = fc.record({
  stream: fc.constantFrom("stdout", "stderr"),
  text,
  cuts: fc.array(fc.nat(40), { maxLength: 3 }),
});

/** One frame per piece; each begins with the time, as engines write them. */
function framesOf({ stream, text, cuts }: Written, time: string): LogFrame[] {
  const bytes = utf8(`${text}\n`);
  const places = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b).filter(Boolean);
  const borders = [0, ...places, bytes.length];
  return borders.slice(1).map((end, i) => {
    const piece = bytes.subarray(borders[i], end);
    return { stream, bytes: utf8(time ? `${time} ` : "").length ? joined([utf8(`${time} `), piece]) : piece };
  });
}

function wire(frames: readonly LogFrame[]): Uint8Array {
  return joined(frames.map(({ stream, bytes }) => {
    const head = new Uint8Array(8);
    head[0] = stream === "stdout" ? 1 : 2;
    new DataView(head.buffer).setUint32(4, bytes.length);
    return joined([head, bytes]);
  }));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Bytes in chunks of these sizes, over and over. */
async function* chunked(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield bytes.subarray(at, at += size);
    await undefined;
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
const stamp = "2026-01-31T12:00:00.123456789Z";

test("lines come out as they were written, however the engine and the socket cut them", async () => {
  await fc.assert(fc.asyncProperty(fc.array(written, { maxLength: 8 }), sizes, async (lines, sizes) => {
    const bytes = wire(lines.flatMap((line) => framesOf(line, stamp)));
    const found = await all(logLines(logFrames(chunked(bytes, sizes))));
    const time = new Date("2026-01-31T12:00:00.123Z");
    assert.deepEqual(found, lines.map(({ stream, text }): LogLine => ({ stream, time, text })));
  }));
});

test("lines of both streams that are written at the same time don't mix", async () => {
  const pieces: [LogFrame["stream"], string][] = [
    ["stdout", `${stamp} one `],
    ["stderr", `${stamp} two `],
    ["stdout", `${stamp} 1\n`],
    ["stderr", `${stamp} 2\n`],
    ["stdout", `${stamp} the last`],
  ];
  const bytes = wire(pieces.map(([stream, text]) => ({ stream, bytes: utf8(text) })));
  const found = await all(logLines(logFrames(chunked(bytes, [7]))));
  assert.deepEqual(found.map(({ stream, text }) => [stream, text]), [
    ["stdout", "one 1"],
    ["stderr", "two 2"],
    ["stdout", "the last"],
  ]);
});

test("lines of a terminal come out without its line ends, however they are cut", async () => {
  await fc.assert(fc.asyncProperty(fc.array(text, { maxLength: 8 }), sizes, async (lines, sizes) => {
    const bytes = utf8(lines.map((line) => `${stamp} ${line}\r\n`).join(""));
    const found = await all(logLines(terminalFrames(chunked(bytes, sizes))));
    assert.deepEqual(found.map(({ stream, text }) => [stream, text]), lines.map((line) => ["stdout", line]));
  }));
});

test("an empty line has its time, and a frame without one is taken whole", async () => {
  const frames: LogFrame[] = [
    { stream: "stdout", bytes: utf8(`${stamp} \n`) },
    { stream: "stdout", bytes: utf8("2026 is no time\n") },
    { stream: "stdout", bytes: utf8("2026-01-31T12:00:00+08:00 far\n") },
  ];
  assert.deepEqual(await all(logLines(logFrames(chunked(wire(frames), [9])))), [
    { stream: "stdout", time: new Date("2026-01-31T12:00:00.123Z"), text: "" },
    { stream: "stdout", text: "2026 is no time" },
    { stream: "stdout", time: new Date("2026-01-31T04:00:00Z"), text: "far" },
  ]);
});

test("a line without an end comes in pieces rather than filling the memory", async () => {
  async function* frames(): AsyncGenerator<LogFrame> {
    for (let i = 0; i < 64; i++) yield { stream: "stdout", bytes: new Uint8Array(65_536).fill(120) };
    await undefined;
  }
  const lengths = (await all(logLines(frames()))).map(({ text }) => text.length);
  assert.ok(lengths.length > 1 && Math.max(...lengths) < 1_200_000, `${lengths}`);
  assert.equal(lengths.reduce((sum, length) => sum + length), 64 * 65_536);
});

const refused: Record<string, Uint8Array> = {
  "no stream of that number": new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0]),
  "text": utf8("plain text of a terminal"),
  "a frame of gigabytes": new Uint8Array([1, 0, 0, 0, 255, 255, 255, 255]),
  "an end inside a head": new Uint8Array([1, 0, 0]),
  "an end inside a frame": new Uint8Array([1, 0, 0, 0, 0, 0, 0, 2, 120]),
};
for (const [what, bytes] of Object.entries(refused)) {
  test(`logFrames() refuses ${what}`, async () => {
    await assert.rejects(all(logFrames(chunked(bytes, [4]))), SyntaxError);
  });
}

test("jsonLines() reads values however they are cut", async () => {
  const value = fc.dictionary(text, fc.oneof(fc.integer(), text));
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 6 }), sizes, fc.boolean(), async (values, sizes, ended) => {
      const bytes = utf8(values.map((value) => JSON.stringify(value)).join("\r\n\n") + (ended ? "\n" : ""));
      const found = await all(jsonLines(chunked(bytes, sizes)));
      assert.deepEqual(JSON.stringify(found), JSON.stringify(values));
    }),
  );
});

test("jsonLines() refuses what is no JSON, and doesn't repeat it", async () => {
  await assert.rejects(all(jsonLines(chunked(utf8('{"a":1}\nsecret\n'), [5]))), (error) => {
    assert.ok(error instanceof SyntaxError);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});
