/**
 * What one call adds to the memory of a process: a program for a process of its own, whose argument names the case. It
 * prints the bytes, as the kernel's high-water mark tells them.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { allocate } from "../plugins/serializers/tensorflow.ts";
import {
  decode,
  encode,
  encodeChunks,
  encodeInto,
  predictRequest,
  predictResponse,
} from "../protos/tf-predict.ts";
import type { Peer } from "./codecs/codec.ts";
import { protobufEs } from "./codecs/protobuf-es.ts";
import { protobufjsStatic } from "./codecs/protobufjs.ts";
import { collectGarbage } from "./garbage.ts";
import { type Payload, payload, type PayloadId } from "./payloads.ts";

type Tensors = Payload & { family: "tf" };
type Call = () => unknown;

/** Prepares a call; what that takes is not counted. */
type Case = (payload: Tensors) => Call | Promise<Call>;

const cases: Record<string, Case> = {
  encode: ({ request }) => () => encode(predictRequest, request),
  encodeInto({ request }) {
    const pooled = encode(predictRequest, request);
    return () => encodeInto(predictRequest, request, pooled);
  },
  inPlace({ sources }) {
    const inputs = Object.fromEntries(
      sources.map(({ name, shape }) => [name, { dtype: "float32", shape } as const]),
    );
    const request = allocate({ inputs });
    for (const { name, data } of sources) request.inputs[name]!.set(data as Float32Array); // both payloads are of floats
    return () => request.toBytes();
  },
  encodeChunks: ({ request }) => () => encodeChunks(predictRequest, request),
  decodeView: (payload) => decoding(payload, true, {}),
  decodeOwn: (payload) => decoding(payload, false, { own: true }),
  decodeCopied: (payload) => decoding(payload, false, { copy: true }),
  ...peer("protobufjs", protobufjsStatic),
  ...peer("protobuf-es", protobufEs),
};

/** Reads a message that lies so that its floats are aligned, or are not. */
function decoding(
  { response, sources }: Tensors,
  aligned: boolean,
  options: { own?: true; copy?: true },
): Call {
  const written = encode(predictResponse, response), name = sources[0]!.name; // no payload is empty
  const room = new Uint8Array(written.length + 8);
  for (let start = 0; start < 4; start++) {
    const bytes = room.subarray(start, start + written.length);
    bytes.set(written);
    const { outputs } = decode(predictResponse, bytes);
    const isView = outputs?.get(name)?.float_val?.buffer === room.buffer;
    if (isView === aligned) return () => decode(predictResponse, bytes, options);
  }
  throw new Error(`Cannot place the message: none of its places is ${aligned ? "" : "not "}aligned`);
}

function peer(name: string, { make }: Peer): Record<string, Case> {
  return {
    [`${name} encode`]: async (payload) => {
      const { encode } = await make(payload);
      return encode;
    },
    [`${name} decode`]: async (payload) => {
      const codec = await make(payload), written = encode(predictResponse, payload.response);
      return () => codec.decode(written);
    },
  };
}

/** Bytes that the process has in memory now (`VmRSS`), or had at most (`VmHWM`). */
function memory(field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
}

async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 30)); // for what is collected beside us
  }
}

function tensors(id: PayloadId): Tensors {
  const made = payload(id);
  if (made.family !== "tf") throw new TypeError(`Cannot measure with "${id}": the messages are TensorFlow's`);
  return made;
}

/** Where results go, lest the collector take them during the call. */
const kept: unknown[] = [];

async function measure(prepare: Case): Promise<number> {
  // What code takes is not counted. A call may leave a message that can't be read again.
  for (let i = 0; i < 20; i++) (await prepare(tensors("small")))();
  memory("VmHWM");
  const call = await prepare(tensors("f32_38M"));
  await settle();
  writeFileSync("/proc/self/clear_refs", "5"); // the mark begins anew
  const before = memory("VmRSS");
  kept.push(call());
  return memory("VmHWM") - before;
}

const prepare = cases[process.argv[2] ?? ""];
if (!prepare) throw new RangeError(`Cannot measure "${process.argv[2]}": no such case`);
console.log(await measure(prepare));
