// Whatever a service says comes out as it went in, however it is cut.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stream } from "../../plugins/predict/stream.ts";
import { readAll, streaming } from "../support/streaming.ts";

/** The bytes of a text, cut at some places. */
function cut(text: string, places: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const bytes = new TextEncoder().encode(text);
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.slice(ends[i - 1] ?? 0, end));
}

const places = fc.array(fc.nat(1000), { maxLength: 20 });
const line = fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) => !/[\r\n\0]/.test(text));
/** No error, and not the end. */
const data = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => `=${lines.join("\n")}`);
const event = fc.record({
  data,
  event: fc.option(line.filter((text) => text !== "error" && text !== ""), { nil: undefined }),
  id: fc.option(line, { nil: undefined }),
  comment: fc.option(line, { nil: undefined }),
});

test("events come out as they went in, whatever ends their lines and wherever they are cut", async () => {
  const property = fc.asyncProperty(
    fc.array(event, { maxLength: 5 }),
    fc.constantFrom("\n", "\r\n", "\r"),
    fc.boolean(),
    places,
    async (events, end, hasSpace, places) => {
      const colon = hasSpace ? ": " : ":";
      // A value that begins with a space needs the one that is taken away.
      const field = (name: string, value: string): string =>
        `${name}${value.startsWith(" ") ? ": " : colon}${value}${end}`;
      const text = events.map(({ data, event, id, comment }) =>
        [
          comment === undefined ? "" : `:${comment}${end}`,
          event === undefined ? "" : field("event", event),
          id === undefined ? "" : field("id", id),
          ...data.split("\n").map((line) => field("data", line)),
          end,
        ].join("")
      ).join("");
      const { items, error } = await readAll(await stream(streaming(cut(text, places)).predictor));
      assert.equal(error, undefined);
      assert.deepEqual(
        items.map(({ data, event, id }) => ({ data, event, id })),
        events.map(({ data, event, id }) => ({ data, event, id })),
      );
    },
  );
  await fc.assert(property, { numRuns: 300 });
});

test("JSON lines come out as they went in, wherever they are cut", async () => {
  const value = fc.jsonValue().filter((value) => !JSON.stringify(value).startsWith('{"error"'));
  const property = fc.asyncProperty(
    fc.array(value, { maxLength: 8 }),
    fc.constantFrom("\n", "\r\n", "\n\n"),
    fc.boolean(),
    places,
    async (values, end, hasLastEnd, places) => {
      const text = values.map((value) => JSON.stringify(value)).join(end) + (hasLastEnd ? end : "");
      const { predictor } = streaming(cut(text, places), { type: "application/x-ndjson" });
      const { items, error } = await readAll(await stream(predictor, {}, { as: "json" }));
      assert.equal(error, undefined);
      assert.deepEqual(items, JSON.parse(`[${values.map((value) => JSON.stringify(value))}]`));
    },
  );
  await fc.assert(property, { numRuns: 300 });
});
