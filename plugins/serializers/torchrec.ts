/**
 * The format of TorchRec processors, which score items for a user: typed features by name, and a tensor for each output.
 *
 * @example
 * ```ts
 * import { Predictor } from "@pai-edge/sdk/predictor";
 * import { feature, torchrec } from "@pai-edge/sdk/serializers/torchrec";
 *
 * const predictor = new Predictor({
 *   endpoint: "https://1234567890123456.cn-hangzhou.pai-eas.aliyuncs.com/api/predict/rank",
 *   token: "the token of the service",
 *   serializer: torchrec(),
 *   fetch: () => new Response(Uint8Array.of(34, 4, 55, 48, 51, 51)), // leave this out to call the real service
 * });
 * const { outputs, itemIds } = await predictor.predict({
 *   userFeatures: {
 *     gender: "f", // text needs no type
 *     age: feature(31, "INT"),
 *     clicks_7d: feature(new Map([["866", 4143], ["1627", 2451]]), "MAP<STRING,INT>"),
 *   },
 *   contextFeatures: { position: [feature(1, "INT"), feature(2, "INT")] }, // one for each item
 *   itemIds: [7033, 8],
 * });
 * console.log(itemIds, outputs.probs?.data);
 * ```
 *
 * @module
 */
import { fromArrayProto } from "../../core/array-proto.ts";
import type { Allocate, Serializer } from "../../core/serializer.ts";
import type { Tensor } from "../../core/tensor.ts";
import {
  type ContextFeatures,
  decode,
  encode,
  type PBRequest,
  pbRequest,
  pbResponse,
} from "../../protos/torchrec-predict.ts";
import { namedEntries } from "./named.ts";
import { type FeatureInput, featureMaker } from "./torchrec-feature.ts";
import { itemsOf, toScalar } from "./torchrec-value.ts";

export {
  type Feature,
  feature,
  type FeatureInput,
  type FeatureType,
  type FeatureValue,
  type FeatureValues,
  type FeatureWord,
} from "./torchrec-feature.ts";

/** Options of {@linkcode torchrec}. */
export interface TorchRecOptions {
  /** Whether outputs get memory of their own, instead of being views on the whole answer. @default {false} */
  copy?: boolean;
}

/**
 * Values by name. A record puts names like `"866"` before all others, in ascending order; a `Map` keeps its own.
 *
 * @typeParam Value What there is for a name.
 */
export type Named<Value> = { readonly [name: string]: Value } | ReadonlyMap<string, Value>;

/** What is scored: items for a user. */
export interface TorchRecInput {
  /** Features of the user. */
  userFeatures?: Named<FeatureInput>;
  /** Features of the items in this context: for each name a list with one feature of each item, in their order. */
  contextFeatures?: Named<readonly FeatureInput[]>;
  /** Features of the items themselves, in lists like those of the context. */
  itemFeatures?: Named<readonly FeatureInput[]>;
  /** The items; numbers are sent as text. */
  itemIds?: readonly (string | number | bigint)[];
  /** What is known about the request, such as its id. */
  metaData?: Named<string>;
  /** How many neighbours a recall finds. @default {what the service is configured with} */
  faissNeighNum?: number;
  /** How much the server tells about its work, such as the features that it made. @default {0} */
  debugLevel?: number;
}

/**
 * The scores. What is here by name is a record, in which names like `"866"` come first; `itemIds` has the items in
 * their order.
 *
 * @typeParam Outputs The model's outputs, such as `{ probs: Tensor<"float32"> }`.
 */
export interface TorchRecOutput<Outputs extends object = { [name: string]: Tensor<"float32"> }> {
  /** Tensors by the names of the model's outputs, with a score for each item. */
  outputs: Outputs;
  /** Features as the model was given them, when `debugLevel` asks for them. */
  generateFeatures: { [name: string]: string };
  /** Features as they were before that. */
  rawFeatures: { [name: string]: string };
  /** The items that the scores belong to, or that a recall found. */
  itemIds: string[];
  /** What the service hands through. */
  passThroughData: { [name: string]: string };
}

/**
 * Speaks with TorchRec processors, whose names are `easyrec-torch-…`, from version 0.3 on: that one redefined the
 * messages. The older `easyrec-…` processors have other ones.
 *
 * @typeParam Outputs The model's outputs, such as `{ ids: Tensor<"int64"> }`; `float32` when nothing is said.
 */
export function torchrec<Outputs extends object = { [name: string]: Tensor<"float32"> }>(
  options: TorchRecOptions = {},
): Serializer<TorchRecInput, TorchRecOutput<Outputs>> {
  return {
    contentType: "application/octet-stream",
    serialize: writeRequest,
    deserialize: (body) => readResponse(body, options) as TorchRecOutput<Outputs>, // the caller says which they are
    matches: ({ processor }) => String(processor).startsWith("easyrec-torch"),
  };
}

/**
 * Writes a request as a file for warming up a service; its `warm_up_data_path` names it, with the extension `.bin`.
 *
 * @throws {TypeError} or {RangeError} when the input can't be written.
 */
export function toBytes(input: TorchRecInput): Uint8Array<ArrayBuffer> {
  return writeRequest(input);
}

function writeRequest(input: TorchRecInput, allocate?: Allocate): Uint8Array<ArrayBuffer> {
  const toFeature = featureMaker();
  const toFeatures = (list: readonly FeatureInput[], what: string): ContextFeatures => ({
    features: Array.from(
      itemsOf(list, what),
      (input, i) => toFeature(input as FeatureInput, `${what} of item ${i}`),
    ),
  });
  const request: PBRequest = {
    debug_level: toCount(input.debugLevel, "debugLevel"),
    user_features: toMap(input.userFeatures, "user feature", toFeature),
    item_ids: input.itemIds?.map((id, i) =>
      typeof id === "string" ? id : `${toScalar("long", id, `item id ${i}`)}`
    ),
    context_features: toMap(input.contextFeatures, "context feature", toFeatures),
    faiss_neigh_num: toCount(input.faissNeighNum, "faissNeighNum"),
    item_features: toMap(input.itemFeatures, "item feature", toFeatures),
    meta_data: toMap(input.metaData, "meta data", (value, what) => toScalar("string", value, what)),
  };
  return encode(pbRequest, request, allocate);
}

function toMap<Given, Made>(
  named: Named<Given> | undefined,
  what: string,
  make: (given: Given, what: string) => Made,
): Map<string, Made> | undefined {
  if (!named) return undefined;
  const entries = namedEntries<Given>(named);
  if (!entries) throw new TypeError(`Cannot send a ${what}: it has no name, give a record or a Map`);
  return new Map(entries.map(([name, given]) => [
    toScalar("string", name, `the name of a ${what}`),
    make(given, `${what} "${name}"`),
  ]));
}

function toCount(value: number | undefined, what: string): number | undefined {
  return value === undefined ? value : toScalar("int", value, what);
}

function readResponse(
  body: Uint8Array<ArrayBuffer>,
  { copy }: TorchRecOptions,
): TorchRecOutput<{ [name: string]: Tensor }> {
  const {
    map_outputs = [],
    generate_features = [],
    raw_features = [],
    item_ids = [],
    pass_through_data = [],
  } = decode(pbResponse, body, { own: true, copy });
  return {
    outputs: Object.fromEntries(Array.from(map_outputs, ([name, array]) => [name, fromArrayProto(array)])),
    generateFeatures: Object.fromEntries(generate_features),
    rawFeatures: Object.fromEntries(raw_features),
    itemIds: [...item_ids],
    passThroughData: Object.fromEntries(pass_through_data),
  };
}
