import { base64 } from "../../../core/encoding.ts";
import { attributes, dataFrame, dataFrameList, encode } from "../../../protos/queue.ts";
import type { Item } from "./items.ts";

/** Media type of the vendor's messages. */
export const protobuf = "application/vnd.google.protobuf";

/** Whether a client asked for messages rather than JSON. */
function wantsProtobuf(headers: Headers): boolean {
  return headers.get("accept")?.includes(protobuf) ?? false;
}

/** Answers with a list of items, in the form that was asked for. */
export function listAnswer(items: readonly Item[], headers: Headers): Response {
  if (wantsProtobuf(headers)) return answer(encode(dataFrameList, { index: items }), protobuf);
  return answer(`[${items.map(toJson).join()}]\n`, "application/json");
}

// Indexes are bare numbers above 2^53, as the real service writes them, so JSON.stringify can't.
function toJson({ index, tags, data }: Item): string {
  return `{"index":${index},"tags":${JSON.stringify(Object.fromEntries(tags))},"data":"${base64(data)}"}`;
}

/** Answers with attributes, in the form that was asked for. */
export function attributesAnswer(values: ReadonlyMap<string, string>, headers: Headers): Response {
  if (wantsProtobuf(headers)) return answer(encode(attributes, { attributes: values }), protobuf);
  return answer(`${JSON.stringify(Object.fromEntries(values))}\n`, "application/json");
}

/** The frame of an item on a plain HTTP watch: its length in four bytes, the highest first, and then the message. */
export function watchFrame({ index, tags, data }: Item, indexOnly: boolean): Uint8Array<ArrayBuffer> {
  const message = encode(dataFrame, indexOnly ? { index, tags } : { index, tags, data });
  const frame = new Uint8Array(4 + message.length);
  new DataView(frame.buffer).setUint32(0, message.length);
  frame.set(message, 4);
  return frame;
}

/** Answers with text or bytes. */
export function answer(
  body: string | Uint8Array<ArrayBuffer>,
  contentType = "text/plain; charset=utf-8",
): Response {
  return new Response(body, { headers: { "content-type": contentType } });
}
