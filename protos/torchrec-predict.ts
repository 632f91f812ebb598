/**
 * Messages of the TorchRec processor, as in `torchrec_predict.proto`.
 *
 * @example
 * ```ts
 * import { decode, encode, pbRequest } from "@pai-edge/sdk/protos/torchrec-predict";
 *
 * const clicks = { map_field: new Map([["866", 4143], ["1627", 2451]]) };
 * const user_features = new Map([["clicks_7d", { string_int_map: clicks }]]);
 * const bytes = encode(pbRequest, { user_features, item_ids: ["7033", "8"] });
 * console.log(decode(pbRequest, bytes).item_ids); // ["7033", "8"]
 * ```
 *
 * @module
 */
import type { ArrayProto, ArrayShape } from "./array-proto.ts";
import { doubles, floats, int32s, int64s, type NumberList } from "./arrays.ts";
import {
  type Field,
  field,
  type Fields,
  map,
  member,
  message,
  type MessageType,
  packed,
  repeated,
} from "./message.ts";
import { arrayProto } from "./pytorch-predict.ts";
import { double, float, int32, int64, string, type Type } from "./scalars.ts";
import type { Writer } from "./writer.ts";

export * from "./api.ts";
export type { ArrayProto, ArrayShape };

/** Single values by the words that the names of their messages and fields begin with. */
export interface FeatureScalars {
  /** An integer of 32 bits. */
  int: number;
  /** An integer of 64 bits. */
  long: bigint;
  /** Text. */
  string: string;
  /** A number of single precision. */
  float: number;
  /** A number of double precision. */
  double: number;
}

/** Lists of the same values. */
export interface FeatureArrays {
  /** Integers of 32 bits. Reading makes an `Int32Array`. */
  int: NumberList;
  /** Integers of 64 bits. */
  long: BigInt64Array<ArrayBuffer>;
  /** Text. */
  string: readonly string[];
  /** Numbers of single precision. */
  float: Float32Array<ArrayBuffer>;
  /** Numbers of double precision. */
  double: Float64Array<ArrayBuffer>;
}

/** A list: `IntList`, `LongList`, `StringList`, `FloatList` or `DoubleList`. */
export interface FeatureList<Items> {
  /** What it holds. */
  features?: Items;
}

/** A list of lists: `IntLists`, `LongLists`, `StringLists`, `FloatLists` or `DoubleLists`. */
export interface FeatureLists<Items> {
  /** The inner lists. */
  lists?: readonly FeatureList<Items>[];
}

/** Values by key: any of the 15 from `LongStringMap` to `IntDoubleMap`. */
export interface FeatureMap<Key, Value> {
  /** What it holds. */
  map_field?: ReadonlyMap<Key, Value>;
}

/** The fields of a feature that hold values by keys of one type. */
export type FeatureMaps<Key extends "int" | "long" | "string"> = {
  [Value in keyof FeatureScalars as `${Key}_${Value}_map`]?: FeatureMap<
    FeatureScalars[Key],
    FeatureScalars[Value]
  >;
};

/** A feature: one of the fields `int_feature`, `int_list`, `int_lists`, `int_string_map` and so on. */
export type PBFeature =
  & { [Value in keyof FeatureScalars as `${Value}_feature`]?: FeatureScalars[Value] }
  & { [Item in keyof FeatureArrays as `${Item}_list`]?: FeatureList<FeatureArrays[Item]> }
  & { [Item in keyof FeatureArrays as `${Item}_lists`]?: FeatureLists<FeatureArrays[Item]> }
  & FeatureMaps<"int">
  & FeatureMaps<"long">
  & FeatureMaps<"string">;

/** A feature of each item. */
export interface ContextFeatures {
  /** In the order of the request's `item_ids`. */
  features?: readonly PBFeature[];
}

/** What a TorchRec processor is sent. */
export interface PBRequest {
  /** How much the server tells about its work. */
  debug_level?: number;
  /** Features of the user by name. */
  user_features?: ReadonlyMap<string, PBFeature>;
  /** Items to score. */
  item_ids?: readonly string[];
  /** Features of each item in this context by name. */
  context_features?: ReadonlyMap<string, ContextFeatures>;
  /** How many neighbours to recall; the service's own setting when 0. */
  faiss_neigh_num?: number;
  /** Features of each item by name, in place of those that the service has. */
  item_features?: ReadonlyMap<string, ContextFeatures>;
  /** What is known about the request. */
  meta_data?: ReadonlyMap<string, string>;
}

/** What a TorchRec processor answers. */
export interface PBResponse {
  /** Arrays by the names of the model's outputs. */
  map_outputs?: ReadonlyMap<string, ArrayProto>;
  /** Features as the model got them; for debugging. */
  generate_features?: ReadonlyMap<string, string>;
  /** Features as they were before; for debugging. */
  raw_features?: ReadonlyMap<string, string>;
  /** Items in the order of the scores. */
  item_ids?: readonly string[];
  /** What the service hands through. */
  pass_through_data?: ReadonlyMap<string, string>;
}

/** What a TorchRec processor logs. */
export interface PBLogData {
  /** The request. */
  request?: PBRequest;
  /** Features as they were. */
  raw_features?: ReadonlyMap<string, string>;
  /** Features as the model got them. */
  generate_features?: ReadonlyMap<string, string>;
}

/** Table of {@linkcode PBFeature}. Writing one with two fields is a `TypeError`. */
export const pbFeature: MessageType<PBFeature> = /* @__PURE__ */ features();

/** Table of {@linkcode ContextFeatures}. */
export const contextFeatures: MessageType<ContextFeatures> = /* @__PURE__ */ message("ContextFeatures", {
  features: /* @__PURE__ */ repeated(1, pbFeature),
});

/** Table of {@linkcode PBRequest}. */
export const pbRequest: MessageType<PBRequest> = /* @__PURE__ */ message("PBRequest", {
  debug_level: /* @__PURE__ */ field(1, int32),
  user_features: /* @__PURE__ */ map(2, string, pbFeature),
  item_ids: /* @__PURE__ */ repeated(3, string),
  context_features: /* @__PURE__ */ map(4, string, contextFeatures),
  faiss_neigh_num: /* @__PURE__ */ field(5, int32),
  item_features: /* @__PURE__ */ map(6, string, contextFeatures),
  meta_data: /* @__PURE__ */ map(7, string, string),
});

/** Table of {@linkcode PBResponse}. */
export const pbResponse: MessageType<PBResponse> = /* @__PURE__ */ message("PBResponse", {
  map_outputs: /* @__PURE__ */ map(1, string, arrayProto),
  generate_features: /* @__PURE__ */ map(2, string, string),
  raw_features: /* @__PURE__ */ map(3, string, string),
  item_ids: /* @__PURE__ */ repeated(4, string),
  pass_through_data: /* @__PURE__ */ map(5, string, string),
});

/** Table of {@linkcode PBLogData}. */
export const pbLogData: MessageType<PBLogData> = /* @__PURE__ */ message("PBLogData", {
  request: /* @__PURE__ */ field(1, pbRequest),
  raw_features: /* @__PURE__ */ map(2, string, string),
  generate_features: /* @__PURE__ */ map(3, string, string),
});

/** The table of features: every member of the oneof. */
function features(): MessageType<PBFeature> {
  const intList = listOf(packed(1, int32s)), longList = listOf(packed(1, int64s));
  const stringList = listOf(repeated(1, string));
  const floatList = listOf(packed(1, floats)), doubleList = listOf(packed(1, doubles));
  return oneOf("PBFeature", {
    int_feature: member(1, int32),
    long_feature: member(2, int64),
    string_feature: member(3, string),
    float_feature: member(4, float),
    double_feature: member(5, double),
    long_string_map: member(6, mapOf(int64, string)),
    long_int_map: member(7, mapOf(int64, int32)),
    long_long_map: member(8, mapOf(int64, int64)),
    long_float_map: member(9, mapOf(int64, float)),
    long_double_map: member(10, mapOf(int64, double)),
    string_string_map: member(11, mapOf(string, string)),
    string_int_map: member(12, mapOf(string, int32)),
    string_long_map: member(13, mapOf(string, int64)),
    string_float_map: member(14, mapOf(string, float)),
    string_double_map: member(15, mapOf(string, double)),
    int_string_map: member(16, mapOf(int32, string)),
    int_int_map: member(17, mapOf(int32, int32)),
    int_long_map: member(18, mapOf(int32, int64)),
    int_float_map: member(19, mapOf(int32, float)),
    int_double_map: member(20, mapOf(int32, double)),
    int_list: member(21, intList),
    long_list: member(22, longList),
    string_list: member(23, stringList),
    float_list: member(24, floatList),
    double_list: member(25, doubleList),
    int_lists: member(26, listsOf(intList)),
    long_lists: member(27, listsOf(longList)),
    string_lists: member(28, listsOf(stringList)),
    float_lists: member(29, listsOf(floatList)),
    double_lists: member(30, listsOf(doubleList)),
  });
}

function mapOf<Key, Value>(key: Type<Key>, value: Type<Value>): MessageType<FeatureMap<Key, Value>> {
  return message("FeatureMap", { map_field: map(1, key, value) });
}

function listOf<Items extends object>(features: Field<Items>): MessageType<FeatureList<Items>> {
  return message("FeatureList", { features });
}

function listsOf<Items>(list: MessageType<FeatureList<Items>>): MessageType<FeatureLists<Items>> {
  return message("FeatureLists", { lists: repeated(1, list) });
}

/** A message with one of its fields, which is looked up: trying all 30 of them takes three times as long. */
function oneOf<Message extends object>(name: string, fields: Fields<Message>): MessageType<Message> {
  return Object.assign(message(name, fields), {
    writeBody(value: Message, to: Writer): void {
      let found: keyof Message & string | undefined;
      for (const key in value) {
        if (value[key] === undefined || !fields[key]) continue;
        if (found) throw new TypeError(`Cannot encode ${name}: it has both ${found} and ${key}`);
        found = key;
      }
      if (found) fields[found].write(value[found]!, to);
    },
  });
}
