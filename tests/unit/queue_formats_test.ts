import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readFrames } from "../../plugins/queue/framing.ts";
import { type QueueItem, readItems } from "../../plugins/queue/item.ts";
import { dataFrameList, encode } from "../../protos/queue.ts";
import { fromHex, toHex } from "../support/hex.ts";
import { frame } from "../support/queues.ts";
import { vectors } from "../support/vectors.ts";

interface Frame {
  index?: string;
  tags?: [string, string][];
  data?: { $hex: string };
  message?: string;
}

/** An item as the vectors show it: what is empty left out. */
function shown(item?: QueueItem): Frame {
  return {
    ...item?.index && { index: `${item.index}` },
    ...item?.tags.size && { tags: [...item.tags] },
    ...item?.data.length && { data: { $hex: toHex(item.data) } },
    ...item?.message && { message: item.message },
  };
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

const framing = vectors<{ cases: { id: string; chunks: string[]; frames: Frame[]; leftover: boolean }[] }>(
  "eas/queue-framing",
);
for (const { id, chunks, frames, leftover } of framing.cases) {
  test(`readFrames() reads ${id}`, async () => {
    const read: Frame[] = [];
    const reading = async (): Promise<void> => {
      for await (const item of readFrames(each(chunks.map(fromHex)))) read.push(shown(item));
    };
    if (leftover) {
      await assert.rejects(reading(), { name: "PaiError", code: "NetworkError", message: /cut off/ });
    } else await reading();
    assert.deepEqual(read, frames);
  });
}

test("readFrames() reads the same however the stream is cut, and tells at every place that it was cut off", async () => {
  const sizes = fc.array(fc.nat(9000), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.array(fc.nat(), { maxLength: 8 }), fc.nat(), async (sizes, cuts, end) => {
      const frames = sizes.map((size, i) => [...frame(BigInt(i + 1), "x".repeat(size))]);
      const bytes = Uint8Array.from(frames.flat());
      const length = end % (bytes.length + 1);
      const places = [...cuts.map((cut) => cut % (length + 1)), 0, length].sort((a, b) => a - b);
      const chunks = places.slice(1).map((place, i) => bytes.subarray(places[i], place));
      const read: number[] = [];
      let isCut = false;
      try {
        for await (const item of readFrames(each(chunks))) read.push(item!.data.length);
      } catch {
        isCut = true;
      }
      let whole = 0, sum = 0;
      while (whole < frames.length && sum + frames[whole]!.length <= length) sum += frames[whole++]!.length;
      assert.deepEqual(read, sizes.slice(0, whole));
      assert.equal(isCut, sum !== length);
    }),
    { numRuns: 60 },
  );
});

const noFrames: [name: string, bytes: Uint8Array][] = [
  ["a page", new TextEncoder().encode("<html><body>")],
  ["a frame that is no message", fromHex("00000002ffff")],
];
for (const [name, bytes] of noFrames) {
  test(`readFrames() refuses ${name}`, async () => {
    await assert.rejects(readFrames(each([bytes])).next(), { name: "QueueError", code: "InvalidFrame" });
  });
}

const lists = vectors<{ cases: { id: string; body: string; frames: Frame[] }[] }>("eas/queue-json");
for (const { id, body, frames } of lists.cases) {
  test(`readItems() reads ${id}, in JSON and as a message`, () => {
    const items = readItems(new TextEncoder().encode(body));
    assert.deepEqual(items.map(shown), frames);
    assert.deepEqual(readItems(encode(dataFrameList, { index: items })).map(shown), frames);
  });
}

test("readItems() takes only the key index for one, whatever tags and messages say", () => {
  const items = [{
    index: 7,
    tags: { index: "12", 'a"index': "5", text: '"index":99999999999999999999' },
    data: btoa('"index":1'),
    message: '{"index":3}',
  }];
  const body = JSON.stringify(items).replace('"index":7', '"index" : 18446744073709551615');
  const [item] = readItems(new TextEncoder().encode(body));
  assert.equal(item?.index, 18446744073709551615n);
  assert.deepEqual(Object.fromEntries(item.tags), items[0]!.tags);
  assert.deepEqual([atob(btoa(String.fromCharCode(...item.data))), item.message], [
    '"index":1',
    '{"index":3}',
  ]);
});

test("readItems() reads nothing from an empty body or null, and refuses what is no list", () => {
  assert.deepEqual(readItems(new Uint8Array()), []);
  assert.deepEqual(readItems(new TextEncoder().encode("null\n")), []);
  for (const text of ["<html>", "[1", '[{"index":1.5}]', "nothing"]) {
    assert.throws(() => readItems(new TextEncoder().encode(text)), { name: /SyntaxError|DecodeError/ }, text);
  }
});
