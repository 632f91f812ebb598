import assert from "node:assert/strict";
import { test } from "node:test";
import {
  feature,
  type FeatureInput,
  toBytes,
  torchrec,
  type TorchRecInput,
} from "../../plugins/serializers/torchrec.ts";
import {
  decode,
  encode,
  type PBFeature,
  pbFeature,
  pbRequest,
  pbResponse,
} from "../../protos/torchrec-predict.ts";
import { fromHex, toHex } from "../support/hex.ts";
import { fromVector, type VectorValue } from "../support/message_values.ts";
import { vectors } from "../support/vectors.ts";

test("maps keep their order, and no key is lost", () => {
  const keys = ["866", "1627", "__proto__", "", "5"],
    entries = keys.map((key, i): [string, number] => [key, i]);
  const clicks = feature(new Map(entries), "MAP<STRING,INT>");
  const features = new Map(keys.map((key) => [key, clicks]));
  const request = decode(
    pbRequest,
    toBytes({ userFeatures: features, metaData: new Map([["__proto__", "m"]]) }),
  );
  assert.deepEqual([...request.user_features!.keys()], keys);
  for (const { string_int_map } of request.user_features!.values()) {
    assert.deepEqual([...string_int_map!.map_field!], entries);
  }
  assert.deepEqual([...request.meta_data!], [["__proto__", "m"]]);
  const record = JSON.parse('{"b":"1","866":"2","__proto__":"3"}');
  const names = decode(pbRequest, toBytes({ userFeatures: record })).user_features!;
  assert.deepEqual([...names].map(([name, { string_feature }]) => [name, string_feature]), [
    ["866", "2"],
    ["b", "1"],
    ["__proto__", "3"],
  ]);
});

test("features of items are sent in the order of the items", () => {
  const ranks = [feature(2, "INT"), null, feature([], "LIST<INT>"), "x"];
  const input: TorchRecInput = {
    contextFeatures: { rank: ranks, none: [] },
    itemFeatures: new Map([["rank", ranks]]),
    itemIds: ["b", 7033, 9223372036854775807n],
    metaData: { request_id: "r-1" },
    faissNeighNum: 10,
    debugLevel: 1,
  };
  const features = [{ int_feature: 2 }, { string_feature: "" }, { string_feature: "" }, {
    string_feature: "x",
  }];
  assert.deepEqual(decode(pbRequest, toBytes(input)), {
    debug_level: 1,
    item_ids: ["b", "7033", "9223372036854775807"],
    context_features: new Map([["rank", { features }], ["none", {}]]),
    faiss_neigh_num: 10,
    item_features: new Map([["rank", { features }]]),
    meta_data: new Map([["request_id", "r-1"]]),
  });
  assert.deepEqual(toBytes({}), new Uint8Array());
});

interface Case {
  id: string;
  message: string;
  kind: string;
  hex: string;
  value: VectorValue;
}

/** The type and the value that a feature on the wire is made of. */
function typed(wire: PBFeature): FeatureInput {
  const [[name, held]] = Object.entries(wire) as [[string, Record<string, unknown>]];
  const word = (member: string) => member.replace("long", "int64");
  const [first, second, third] = name.split("_") as [string, string, string?];
  if (third) return feature(held.map_field, `MAP<${word(first)},${word(second)}>`);
  if (second === "list") return feature(held.features, `LIST<${word(first)}>`);
  if (second === "lists") {
    const lists = (held.lists as { features?: unknown }[]).map(({ features = [] }) => features);
    return feature(lists, `ARRAY<ARRAY<${word(first)}>>`);
  }
  return feature(held, word(first));
}

const { cases } = vectors<{ cases: Case[] }>("eas/pb-torchrec");
for (const { id, message, kind, hex, value } of cases) {
  // Here an empty map is empty text, as in the official clients; on the wire it could also be a map.
  if (message !== "PBRequest" || kind !== "roundtrip" || id === "torchrec-feat-empty-map") continue;
  test(`an input makes the bytes of ${id}`, () => {
    const wire = fromVector(pbRequest, value);
    const all = <T, Made>(features: ReadonlyMap<string, T> = new Map(), make: (value: T) => Made) =>
      new Map([...features].map(([name, value]) => [name, make(value)]));
    const input: TorchRecInput = {
      userFeatures: all(wire.user_features, typed),
      contextFeatures: all(wire.context_features, ({ features = [] }) => features.map(typed)),
      itemFeatures: all(wire.item_features, ({ features = [] }) => features.map(typed)),
      itemIds: wire.item_ids,
      metaData: wire.meta_data,
      faissNeighNum: wire.faiss_neigh_num,
      debugLevel: wire.debug_level,
    };
    assert.equal(toHex(toBytes(input)), hex);
  });
}

test("what else is wrong with a request is said before it is sent", () => {
  const wrong: [unknown, string, string][] = [
    [
      { itemIds: [2 ** 53] },
      "RangeError",
      "item id 0: 9007199254740992 is no int64; beyond 2^53 it takes a bigint",
    ],
    [{ itemIds: ["a", null] }, "TypeError", "item id 1: null is no int64"],
    [{ metaData: { a: 1 } }, "TypeError", 'meta data "a": number is no string'],
    [{ debugLevel: 0.5 }, "RangeError", "debugLevel: 0.5 is no int32"],
    [{ faissNeighNum: "10" }, "TypeError", "faissNeighNum: string is no int32"],
    [{ contextFeatures: { a: "x" } }, "TypeError", 'context feature "a": string is no list'],
    [{ userFeatures: new Map([[1, "x"]]) }, "TypeError", "the name of a user feature: number is no string"],
  ];
  for (const [input, name, problem] of wrong) {
    assert.throws(() => toBytes(input as TorchRecInput), { name, message: `Cannot send ${problem}` });
  }
});

test("a feature on the wire has one value", () => {
  const both = { int_feature: 0, string_feature: "a" };
  const says = {
    name: "TypeError",
    message: "Cannot encode PBFeature: it has both int_feature and string_feature",
  };
  assert.throws(() => encode(pbFeature, both), says);
  assert.throws(() => encode(pbRequest, { user_features: new Map([["f", both]]) }), says);
  assert.equal(toHex(encode(pbFeature, { int_feature: undefined, string_feature: "a" })), "1a0161");
  assert.equal(toHex(encode(pbFeature, {})), "");
});

test("answers become tensors and records", () => {
  const probs = {
    dtype: 1,
    array_shape: { dim: BigInt64Array.of(2n) },
    float_val: Float32Array.of(0.25, 0.75),
  };
  const answer = encode(pbResponse, {
    map_outputs: new Map([["probs", probs], ["__proto__", probs]]),
    generate_features: new Map([["7033", "a:1|b:2"]]),
    raw_features: new Map([["__proto__", "x"], ["8", "y"]]),
    item_ids: ["7033", "8"],
    pass_through_data: new Map([["k", "v"]]),
  });
  const { outputs, ...rest } = torchrec().deserialize(answer.slice());
  assert.deepEqual(Object.keys(outputs), ["probs", "__proto__"]);
  for (const { dtype, shape, data } of Object.values(outputs)) {
    assert.deepEqual([dtype, shape, data], ["float32", [2], Float32Array.of(0.25, 0.75)]);
  }
  assert.deepEqual(rest, {
    generateFeatures: { "7033": "a:1|b:2" },
    rawFeatures: JSON.parse('{"8":"y","__proto__":"x"}'),
    itemIds: ["7033", "8"],
    passThroughData: { k: "v" },
  });
});

test("outputs are views on the answer, or copies when asked for", () => {
  const probs = {
    dtype: 1,
    array_shape: { dim: BigInt64Array.of(40n) },
    float_val: new Float32Array(40).fill(0.5),
  };
  const answer = encode(pbResponse, { map_outputs: new Map([["probs", probs]]) });
  for (const copy of [false, true]) {
    const body = answer.slice();
    const { data } = torchrec({ copy }).deserialize(body).outputs.probs!;
    assert.deepEqual(data, probs.float_val);
    assert.equal((data as Float32Array).buffer === body.buffer, !copy);
  }
});

test("an empty answer is empty, and what is no answer is refused", () => {
  const empty = { outputs: {}, generateFeatures: {}, rawFeatures: {}, itemIds: [], passThroughData: {} };
  assert.deepEqual(torchrec().deserialize(new Uint8Array()), empty);
  assert.throws(() => torchrec().deserialize(fromHex("0aff")), {
    name: "DecodeError",
    message: /PBResponse/,
  });
});

test("torchrec() is for the processors that speak its messages", () => {
  const matches = (processor?: string) => torchrec().matches!({ processor });
  for (const processor of ["easyrec-torch-0.3", "easyrec-torch-1.12", "easyrec-torch-2.1"]) {
    assert.equal(matches(processor), true);
  }
  for (const processor of ["easyrec", "easyrec-2.4", "pytorch_cpu_1.10", "tensorflow_cpu_2.7", undefined]) {
    assert.equal(matches(processor), false);
  }
});

test("requests are written into the buffer that is given", () => {
  const pool = new Uint8Array(100);
  const made = torchrec().serialize({ userFeatures: { f: null } }, () => pool);
  assert.equal(made!.buffer, pool.buffer);
  assert.equal(toHex(made!), "12070a016612021a00");
});

test("features without names, and arrays whose memory is gone, are refused", () => {
  const list = ["a"] as unknown as Record<string, FeatureInput>; // what TypeScript can't see
  assert.throws(() => toBytes({ userFeatures: list }), { name: "TypeError", message: /it has no name/ });
  const gone = Float32Array.of(1);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  assert.throws(() => toBytes({ userFeatures: { x: feature(gone, "LIST<FLOAT>") } }), TypeError);
});
