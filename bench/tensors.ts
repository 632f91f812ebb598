/**
 * What it costs to make wire bytes of typed arrays, and typed arrays of wire bytes: with our codec, with others, and with
 * nothing but a copy of as many bytes, which is what memory allows.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Codec, Peer, Values } from "./codecs/codec.ts";
import { inPlace } from "./codecs/in-place.ts";
import { type OurCodec, ourCodec } from "./codecs/ours.ts";
import { peers } from "./codecs/peers.ts";
import type { Candidate, Contest, Effort } from "./measure.ts";
import { type Payload, payload, type PayloadId, payloadIds } from "./payloads.ts";

/** Which contests to hold. */
export interface TensorOptions {
  /** Leaves out all peers but the one that goals name. @default {false} */
  quick?: boolean;
  /** Leaves out all other payloads. */
  payloads?: readonly PayloadId[];
}

/** Names of candidates that goals know. */
export const names = {
  memcpy: "copy into a buffer that is there",
  allocAndCopy: "copy into a new buffer",
  encode: "**`encode`**: a new buffer",
  encodeInto: "**`encodeInto`** a buffer that is there",
  encodeChunks: "**`encodeChunks`**: headers and views",
  inPlace: "**`allocate`**d before and filled in place",
  decode: "**`decode`**",
  decodeCopied: "**`decode`**, floats not aligned: copies",
  decodeView: "**`decode`**, floats aligned: views",
  decodeOwn: "**`decode`** with `own`, floats not aligned: moved in place",
  peer: peers[0].name,
} as const;

/** Large payloads take long and much memory, which three rounds of the slowest peers are enough for. */
const bigBytes = 10_000_000;

/** The contests: encode and decode of each payload. One ends when the next is asked for. */
export async function* tensorContests(options: TensorOptions = {}): AsyncGenerator<Contest> {
  const { quick = false, payloads = payloadIds } = options;
  for (const id of payloads) {
    const tensors = payload(id), ours = ourCodec(tensors);
    const isBig = ours.encodeResponse().length > bigBytes;
    for (const [group, peers] of groups(quick, isBig)) {
      const codecs = await Promise.all(
        peers.map(async (peer) => ({ peer, codec: await peer.make(tensors) })),
      );
      const effort = isBig ? group === "" ? bigEffort(quick) : { rounds: 3, turn: 1 } : undefined;
      for (const work of ["encode", "decode"] as const) {
        const candidates = work === "encode"
          ? encoders(tensors, ours, codecs, group !== "")
          : decoders(tensors, ours, codecs, group !== "");
        const name = `${work}: ${tensors.title}${group}`;
        yield { key: `${work} ${id}${group}`, name, candidates, effort, collects: isBig && !quick };
      }
    }
  }
}

/** One call of 40 MB is a turn. */
function bigEffort(quick: boolean): Partial<Effort> {
  return { rounds: quick ? 9 : 15 };
}

/** Peers that take part at the same time; those that take seconds for a large payload are kept apart. */
function groups(quick: boolean, isBig: boolean): [suffix: string, peers: Peer[]][] {
  if (quick) return [["", [peers[0]]]];
  if (!isBig) return [["", peers]];
  const isFast = ({ name }: Peer): boolean => /^(protobufjs|pbf)/.test(name);
  return [["", peers.filter(isFast)], [", slower peers", peers.filter((peer) => !isFast(peer))]];
}

interface Competitor {
  peer: Peer;
  codec: Codec;
}

function encoders(
  tensors: Payload,
  ours: OurCodec,
  codecs: Competitor[],
  oursAlone: boolean,
): [Candidate, ...Candidate[]] {
  const bytes = ours.encode(), buffer = new Uint8Array(bytes.length + 64);
  assert.deepEqual(ours.encodeInto(buffer), bytes, "encodeInto writes other bytes");
  assert.deepEqual(concat(ours.encodeChunks()), bytes, "encodeChunks writes other bytes");
  const others = codecs.filter(({ peer }) => !peer.decodesOnly);
  for (const { peer, codec } of others) {
    if (peer.sortsMaps && tensors.sources.length > 1) assert.equal(codec.encode().length, bytes.length);
    else assert.ok(isSame(codec.encode(), bytes), `${peer.name} writes other bytes`);
  }
  const mine = { name: names.encode, call: ours.encode };
  const theirs = others.map(({ peer: { name }, codec }) => ({ name, call: codec.encode }));
  if (oursAlone) return [mine, ...theirs];
  const toBytes = inPlace(tensors);
  return [
    mine,
    { name: names.encodeInto, call: () => ours.encodeInto(buffer) },
    { name: names.encodeChunks, call: ours.encodeChunks },
    ...(toBytes ? [{ name: names.inPlace, call: toBytes }] : []),
    ...copies(bytes),
    ...theirs,
  ];
}

/** What copying as many bytes costs, beside which no codec can be much faster that copies. */
function copies(bytes: Uint8Array): Candidate[] {
  const to = new Uint8Array(bytes.length);
  return [
    { name: names.memcpy, call: () => to.set(bytes) },
    { name: names.allocAndCopy, call: () => bytes.slice() },
  ];
}

function decoders(
  { sources }: Payload,
  ours: OurCodec,
  codecs: Competitor[],
  oursAlone: boolean,
): [Candidate, ...Candidate[]] {
  const bytes = ours.encodeResponse();
  const check = (name: string, call: () => Values[]): Candidate => {
    for (const [i, values] of call().entries()) {
      assert.ok(isSame(values, sources[i]!.data), `${name} reads other values of ${sources[i]!.name}`);
    }
    return { name, call };
  };
  const theirs = codecs.map(({ peer, codec }) =>
    peer.name.includes("lists left") // it has no typed arrays to compare
      ? { name: peer.name, call: () => codec.decode(bytes) }
      : check(peer.name, () => codec.decode(bytes))
  );
  const [mine, ...more] = ourDecoders(sources, ours, bytes).map(([name, call]) => check(name, call));
  return oursAlone ? [mine!, ...theirs] : [mine!, ...more, ...copies(bytes), ...theirs]; // there is one at least
}

/** Our decoder where the floats lie well, and where they don't. */
function ourDecoders(
  sources: Payload["sources"],
  ours: OurCodec,
  bytes: Uint8Array<ArrayBuffer>,
): [name: string, call: () => Values[]][] {
  const [{ data, field }] = sources as [Payload["sources"][number]]; // no payload is empty
  if (field !== "float_val" && field !== "double_val") return [[names.decode, () => ours.decode(bytes)]];
  const owned = moved(bytes, sources.length > 1 ? bytes.length : bytes.length - data.byteLength);
  const own = (): Values[] => ours.decode(owned(), { own: true });
  if (sources.length > 1) return [[names.decode, () => ours.decode(bytes)], [names.decodeOwn, own]];
  const start = bytes.length - data.byteLength; // the elements come last
  const [aligned, odd] = [placed(bytes, -start & 7), placed(bytes, (-start & 7) + 1)];
  return [
    [names.decodeCopied, () => ours.decode(odd)],
    [names.decodeView, () => ours.decode(aligned)],
    [names.decodeOwn, own],
  ];
}

/** The bytes behind so many others. */
function placed(bytes: Uint8Array, offset: number): Uint8Array<ArrayBuffer> {
  const buffer = new Uint8Array(offset + bytes.length);
  buffer.set(bytes, offset);
  return buffer.subarray(offset);
}

/**
 * Gives a message that nobody has decoded yet, whose floats are one byte off, at the cost of writing its first bytes.
 *
 * To decode in place moves the floats over the end of the header, so that the message is none any more. But only its
 * header must be mended: the floats are then off by a byte, and to move bytes takes as long whatever they mean.
 * So the values are right in the first call only, which is the one that is checked.
 */
function moved(bytes: Uint8Array, headerLength: number): () => Uint8Array<ArrayBuffer> {
  const message = placed(bytes, (-headerLength & 7) + 1), header = bytes.slice(0, headerLength);
  return () => {
    message.set(header);
    return message;
  };
}

function concat(chunks: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Whether the elements are the same, whatever holds them; `deepEqual` takes minutes for 10 million. */
function isSame(one: ArrayLike<unknown>, other: ArrayLike<unknown>): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
