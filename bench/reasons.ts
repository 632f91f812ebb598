/**
 * Why goals are missed, and what is reached instead.
 *
 * @module
 */

import { ofPredict } from "./end-to-end/reasons.ts";

/** Why a goal is missed. */
export interface Reason {
  /** What a profile or another measurement shows. */
  why: string;
  /** By runtime, in place of half the goal: half of what is reached, so that it can't get much worse unseen. */
  gates: { readonly [runtime: string]: number };
}

const warmCopy =
  "a warm copy takes 5 to 7 µs, from cache to cache; the message's header takes 0.7 µs, and the copy itself no longer";
const freshMemory =
  "both sides ask for new memory, whose pages come from the system or from the last collection; rounds differ by half";
const ownMemory =
  "`encode` gives each message memory of its own, which takes 210 of 900 ns on Deno and Node; protobufjs cuts it out of " +
  "a buffer that messages share. `encodeInto`, which is how `predict` writes, takes two thirds of the time";
const nodeFetch =
  "Node's bare `fetch` of ready bytes takes longer than the whole call of these clients; what we add is in the rows above";

const reasons: { readonly [what: string]: Reason } = {
  "float32, 602 KB written into a pooled buffer, to a warm copy": { why: warmCopy, gates: {} },
  "float32, 38.5 MB written into a pooled buffer, to a warm copy": {
    why: "the copy is all there is at this size; single rounds differ by a tenth",
    gates: {},
  },
  "float32, 602 KB read, moved in place, to a warm copy": {
    why:
      "moving by 1 to 3 bytes is a copy that is aligned on one side only: `copyWithin` alone takes 0.75 to 0.9",
    gates: {},
  },
  "float32, 602 KB written, to a copy into a new buffer": {
    why: freshMemory,
    gates: { Deno: 3, Bun: 3, Node: 3 },
  },
  "float64, 1.05 MB written, to a copy into a new buffer": {
    why: freshMemory,
    gates: { Deno: 3, Bun: 3, Node: 3 },
  },
  "float32, 38.5 MB written, to a copy into a new buffer": {
    why: freshMemory,
    gates: { Deno: 3, Bun: 4, Node: 3 },
  },
  "float32, 602 KB read, copied, to a copy into a new buffer": {
    why: freshMemory,
    gates: { Deno: 4, Bun: 4, Node: 4 },
  },
  "float64, 1.05 MB read, copied, to a copy into a new buffer": {
    why: freshMemory,
    gates: { Deno: 4, Bun: 4, Node: 4 },
  },
  "float32, 38.5 MB read, copied, to a copy into a new buffer": {
    why: freshMemory,
    gates: { Deno: 4, Bun: 4, Node: 4 },
  },
  "float64, 1.05 MB written into a pooled buffer, to protobufjs 8 static": {
    why: "we are at the speed of the copy, and protobufjs 8.8 is no slower than this beside it",
    gates: { Deno: 5, Bun: 5, Node: 5 },
  },
  "float64, 1.05 MB written, to protobufjs 8 static": {
    why: freshMemory,
    gates: { Deno: 1.2, Bun: 1.2, Node: 1.2 },
  },
  "float32, 602 KB read, moved in place, to protobufjs 8 static": {
    why:
      "we are at the speed of memory; how long protobufjs takes depends on whether its list grows in one piece",
    gates: { Deno: 20, Bun: 60, Node: 60 },
  },
  "float32, 602 KB read, copied, to protobufjs 8 static": {
    why: freshMemory,
    gates: { Deno: 1, Bun: 6, Node: 5 },
  },
  "float32, 602 KB written, to protobufjs 8 static": {
    why: freshMemory,
    gates: { Deno: 1.5, Bun: 1.5, Node: 1.2 },
  },
  "float32, 38.5 MB read, aligned": {
    why:
      "there is nothing that grows with the size; the message has been thrown out of the caches by the rows beside it",
    gates: { Deno: 5, Bun: 5, Node: 5 },
  },
  "float32, 602 KB read, aligned": {
    why: "the first call behind a collection",
    gates: { Deno: 5, Bun: 5, Node: 5 },
  },
  "float64, 1.05 MB read, aligned": {
    why: "the first call behind a collection",
    gates: { Deno: 5, Bun: 5, Node: 5 },
  },
  "int64 tokens read, to C++": {
    why: "2.2 ns a number, as long as C++ takes; on Bun a tenth more and memory of 524 KB",
    gates: { Bun: 3 },
  },
  "int64 tokens read, to protobufjs 8 static": {
    why: "2.2 ns a number, as long as C++ takes; each number's place is known when the one before is read",
    gates: { Deno: 2.5, Bun: 1.5, Node: 3 },
  },
  "pixels written, to protobufjs 8 static": {
    why: "1 ns a pixel, half of what C++ takes: the loop has three dependent steps a number",
    gates: { Deno: 1.5, Bun: 1, Node: 1 },
  },
  "pixels read, to protobufjs 8 static": {
    why:
      "1.7 ns a pixel and 0.5 for its memory, less than C++ takes; where one number begins is known when the last one is read",
    gates: { Deno: 1, Bun: 1.4, Node: 2.5 },
  },
  "200 features written, to protobufjs 8 static": {
    why:
      "of 110 ns a feature, 26 are the copy of its elements, 20 its name and 15 its place in the map; protobufjs stores " +
      "so few elements one by one, and takes no longer",
    gates: { Deno: 0.5, Bun: 0.6, Node: 0.4 },
  },
  "200 features read, to protobufjs 8 static": {
    why:
      "200 ns a feature, of which the map, the array and the view on it are most. Arrays that are read when asked for take " +
      "0.8 of the time for elements alone, and as long as now with types and shapes, which serializers ask for",
    gates: { Deno: 1.2, Bun: 1, Node: 1 },
  },
  "three inputs of ten floats written, to protobufjs 8 static": {
    why: ownMemory,
    gates: { Deno: 0.5, Bun: 0.8, Node: 0.35 },
  },
  "three inputs of ten floats read, to protobufjs 8 static": {
    why:
      "half of the time is memory for floats that are not aligned; with `own`, which is how `predict` reads, there is none",
    gates: { Deno: 1, Bun: 0.4, Node: 0.6 },
  },
  "texts written, to protobufjs 8 static": {
    why: "Bun's own encoder is as fast as a loop",
    gates: { Bun: 0.6 },
  },
  "texts read, to protobufjs 8 static": {
    why: "both leave text to the runtime's decoder, which no loop of our own has beaten",
    gates: { Deno: 0.45, Bun: 0.4, Node: 0.4 },
  },
  "float32, 602 KB written into a pooled buffer, to C++": {
    why: "C++ with a warm heap moves the bytes twice; one bare copy already takes half of its time",
    gates: {},
  },
  "float64, 1.05 MB written into a pooled buffer, to C++": {
    why: "the same: one bare copy takes half of its time",
    gates: {},
  },
  "pixels read, to C++": { why: "as long as C++ takes, within what rounds differ by", gates: {} },
  "predict, three float32 [1,10]": {
    why:
      "time-out, retry and cancellation take 10 to 20 µs of a call that takes 60 to 200; code that runs once between " +
      "two waits is slower than in a loop",
    gates: { Deno: 3, Bun: 2.5, Node: 2.5 },
  },
  "predict in place, three float32 [1,10]": {
    why: "the same: there is nothing to encode, but time-out, retry and the answer stay",
    gates: { Deno: 3, Bun: 2.5, Node: 2.5 },
  },
  "predict, 602 KB": {
    why: "`fetch` itself differs by a third between rounds",
    gates: { Deno: 3, Bun: 3, Node: 3 },
  },
  "predict, 38.5 MB": { why: "`fetch` itself differs by a fifth between rounds", gates: {} },
  "predict in place, 602 KB": { why: "`fetch` itself differs by a third between rounds", gates: {} },
  "predict in place, 38.5 MB": { why: "`fetch` itself differs by a fifth between rounds", gates: {} },
  "protobufjs client, 602 KB": { why: nodeFetch, gates: { Node: 0.7 } },
  "Go client in the steps of Alibaba's SDK, 602 KB": { why: nodeFetch, gates: { Deno: 1.5, Node: 0.4 } },
  "Alibaba's SDK for Go, 602 KB": { why: nodeFetch, gates: { Deno: 1.5, Node: 0.4 } },
  "Python client `eas_prediction`, 602 KB": { why: nodeFetch, gates: { Deno: 2.5, Node: 0.8 } },
  "Python client in the steps of the PAI SDK, 602 KB": { why: nodeFetch, gates: { Deno: 2.5, Node: 1 } },
  "Import, first encode and first decode in a fresh process": {
    why: "Bun compiles a module of this size in 1.5 ms",
    gates: { Bun: 5 },
  },
};

const signing =
  "a call takes 75 µs more than plain `fetch` on Deno and Bun, and 125 on Node. Half of that on Deno and two thirds on Bun " +
  "are its signature, since between two waits `@noble/hashes` is slower than in a loop; without time-out or signal it takes " +
  "as long. Nobody but plain `fetch` does without a signature, and Bun's client makes it in native code";
const hashing =
  "CRC-64 of every byte, which nobody else checks, takes 0.13 to 0.18 s of the processor for a GB, of the 0.4 to 0.7 " +
  "that plain `fetch` takes for all; over a network of 10 Gbit/s either waits for the network";
const holding =
  "What a stream has brought is copied, in 0.09 s for a GB, lest it can't be sent again, and has left the fast caches " +
  "when it is sent. Bun's `fetch` has the kernel send a file, in 0.22 s for a GB without a byte in the process";
const writing =
  "On Deno files are written on the thread that hashes, 0.46 s for a GB, and `pipeTo` leaves that to others; fewer ranges " +
  "at a time gain less than rounds differ by. On Bun the others leave the body to `Bun.write`, which moves it " +
  "without JavaScript";
const keeping =
  "On Deno one buffer is filled over and over, faster than `fetch` makes chunks, but each reader gets a copy of it";
const nodeStreams =
  "Node's own `fetch` reads large bodies at half the speed of `node:http`, which `ali-oss` reads them by";

/** Rows of storage, whose sizes are smaller in the short form. */
const ofStorage: readonly (Reason & { what: RegExp })[] = [
  {
    what: /^(put|get) bytes, 1 KB/,
    why: signing,
    gates: { Deno: 0.1, Bun: 0.1, Node: 0.05 },
  },
  {
    what: /^(put|get) bytes, 1 MB.*(fetch`|peer)$|^put a stream, 1 MB.*(fetch`|peer)$/,
    why: `nothing is hashed here, but ${signing}. ${nodeStreams}`,
    gates: { Deno: 0.2, Bun: 0.2, Node: 0.15 },
  },
  {
    what: /^get to a file, .*(fetch`|peer)$/,
    why: `${hashing}. ${writing}`,
    gates: { Deno: 0.15, Bun: 0.15, Node: 0.2 },
  },
  {
    what: /^get a stream, .*(fetch`|peer)$/,
    why: `${hashing}. ${keeping}. ${nodeStreams}`,
    gates: { Deno: 0.2, Bun: 0.2, Node: 0.15 },
  },
  {
    what: /^put .*(fetch`|peer)$/,
    why: `${hashing}. ${holding}`,
    gates: { Deno: 0.1, Bun: 0.05, Node: 0.1 }, // Bun's kernel sends the small file of the short form in 5 ms
  },
  {
    what: /over `node:http`$/,
    why: "CRC-64 of every byte, and a web stream around that of Node, which `ali-oss` does without",
    gates: { Node: 0.15 },
  },
  {
    what: /^put .*, peak memory/,
    why:
      "12 MB of parts, and on Node the chunks of the stream that is put, which wait for the collector: half as many " +
      "parts take the same",
    gates: {},
  },
  {
    what: /^get .*, peak memory/,
    why:
      "plain `fetch` takes as much for reading: chunks that were read wait for the runtime's collector, which begins " +
      "when there are 64 MB of them. To a file, Node gives them back at once, and Deno has one buffer; Bun has no way to",
    gates: { Bun: 192, Node: 192 },
  },
  {
    what: /^signing a request/,
    why:
      "HMAC of two blocks and SHA-256 of the text are a third of it; the rest is text in order. JavaScriptCore takes " +
      "twice as long as V8 for `@noble/hashes`",
    gates: { Deno: 80, Bun: 120, Node: 200 },
  },
];

/** The reason for a goal, by what it says. */
export function reasonFor(what: string): Reason | undefined {
  return reasons[what] ?? [...ofPredict, ...ofStorage].find((reason) => reason.what.test(what));
}
