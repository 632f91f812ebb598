/**
 * All codecs that ours is compared with.
 *
 * @module
 */
import type { Peer } from "./codec.ts";
import { googleProtobuf } from "./google-protobuf.ts";
import { pbf } from "./pbf.ts";
import { protobufEs } from "./protobuf-es.ts";
import { protobufTs } from "./protobuf-ts.ts";
import { protobufjsByLoop, protobufjsLists, protobufjsReflection, protobufjsStatic } from "./protobufjs.ts";
import { tsProto } from "./ts-proto.ts";

/** The one that goals name comes first. */
export const peers: [Peer, ...Peer[]] = [
  protobufjsStatic,
  protobufjsByLoop,
  protobufjsLists,
  protobufjsReflection,
  pbf,
  tsProto,
  protobufEs,
  protobufTs,
  googleProtobuf,
];
