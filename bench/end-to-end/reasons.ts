/**
 * Why goals of predictions and streams are missed, in one row for several goals.
 *
 * @module
 */
import type { Reason } from "../reasons.ts";

/** Goals by what they say. */
export const ofPredict: readonly (Reason & { what: RegExp })[] = [
  {
    what: /^predict, 1 × 4 floats as JSON|^predict, three float32 \[1,10\], processor/,
    why:
      "time-out, retry and cancellation take 10 to 20 µs of a call that takes 60 to 200; code that runs once between " +
      "two waits is slower than in a loop",
    gates: { Deno: 3, Bun: 4, Node: 3 },
  },
  {
    what: /^`(stream|chatStream)`, 10,000 events, each by itself$/,
    why:
      "each event is a chunk of its own, which Deno hands out in about 10 µs; finding the event in it and handing it on " +
      "takes a third to a half of that again",
    gates: { Deno: 3, Bun: 2.5, Node: 3 },
  },
  {
    what: /^`(stream|chatStream)`, 10,000 events, 10 at a time$/,
    why:
      "whoever reads the raw body counts bytes, in chunks of 64 KB, and looks at none; an event is a text that is decoded, " +
      "cut and handed to a loop that waits for it, and that takes 1 to 2 µs",
    gates: { Deno: 8, Bun: 5, Node: 8 },
  },
  {
    what: /^`(stream|chatStream)`, .*, peak memory/,
    why:
      "events that were read wait for the runtime's collector; there are no more of them however long the stream is",
    gates: {},
  },
  {
    what: /^`AsyncPredictor`, put to result, a model that takes 0 ms/,
    why:
      "three calls, each with a time-out, a signal and retries, take 0.2 to 0.3 ms more each beside an emulator that takes " +
      "1 ms for all of them; a model that takes 100 ms hides that",
    gates: { Deno: 4, Bun: 3.5, Node: 3 },
  },
  {
    what: /^Cold start of a worker/,
    why: "the bundle, which is seventeen times as long, is compiled and run before the first request",
    gates: { workerd: 20 },
  },
  {
    what: /^`map`, adaptive concurrency/,
    why:
      "a second of growing from 8 at a time, and of trying what neighbours give, is inside its time, and in the short form the most of it",
    gates: { Deno: 0.4, Bun: 0.4, Node: 0.3 },
  },
];
