/**
 * Messages of the queue service, as in `queue.proto`.
 *
 * @example
 * ```ts
 * import { dataFrame, decode, encode } from "@pai-edge/sdk/protos/queue";
 *
 * const bytes = encode(dataFrame, { index: 7n, data: "payload", tags: new Map([["requestId", "a"]]) });
 * console.log(decode(dataFrame, bytes).index); // 7n
 * ```
 *
 * @module
 */
import { field, map, message, type MessageType, repeated } from "./message.ts";
import { bytes, string, uint64 } from "./scalars.ts";

export * from "./api.ts";

/** An item of a queue: `DataFrameProto`. */
export interface DataFrame {
  /** Its index, which orders the queue. */
  index?: bigint;
  /** What is known about it. */
  tags?: ReadonlyMap<string, string>;
  /** Its content; text is written as UTF-8. Reading gives bytes. */
  data?: Uint8Array | string;
  /** What the server says about it. */
  message?: string;
}

/** Several items: `DataFrameListProto`. */
export interface DataFrameList {
  /** The items; the list itself is called so. */
  index?: readonly DataFrame[];
}

/** What is known about a queue: `AttributesProto`. */
export interface Attributes {
  /** Figures and settings by name. */
  attributes?: ReadonlyMap<string, string>;
}

/** Table of {@linkcode DataFrame}. */
export const dataFrame: MessageType<DataFrame> = /* @__PURE__ */ message("DataFrameProto", {
  index: /* @__PURE__ */ field(1, uint64),
  tags: /* @__PURE__ */ map(2, string, string),
  data: /* @__PURE__ */ field(3, bytes),
  message: /* @__PURE__ */ field(4, string),
});

/** Table of {@linkcode DataFrameList}. */
export const dataFrameList: MessageType<DataFrameList> = /* @__PURE__ */ message("DataFrameListProto", {
  index: /* @__PURE__ */ repeated(1, dataFrame),
});

/** Table of {@linkcode Attributes}. */
export const attributes: MessageType<Attributes> = /* @__PURE__ */ message("AttributesProto", {
  attributes: /* @__PURE__ */ map(1, string, string),
});
