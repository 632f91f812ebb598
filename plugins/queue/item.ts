import { charBytes } from "../../core/encoding.ts";
import { type DataFrame, dataFrameList, decode } from "../../protos/queue.ts";

/** What a queue holds. */
export interface QueueItem {
  /** Its place; indexes of a queue grow, and real ones are beyond 2^53. */
  readonly index: bigint;
  /** What is known about it: the tags that it was put with, and those of the service, such as `requestId`. */
  readonly tags: ReadonlyMap<string, string>;
  /** Its content. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** What the queue says about it, mostly nothing. */
  readonly message: string;
}

/** An item with all that a message leaves out. */
export function toItem({ index = 0n, tags = new Map(), data, message = "" }: DataFrame): QueueItem {
  return { index, tags, data: (data ?? new Uint8Array()) as QueueItem["data"], message }; // reading gives bytes
}

/**
 * Reads a list of items: a protobuf message, which is what we ask for, or JSON, which queues send when they don't listen.
 *
 * @throws {SyntaxError} when it is neither.
 */
export function readItems(body: Uint8Array<ArrayBuffer>): QueueItem[] {
  // A message begins with the tag of its first field, which is no sign of JSON's.
  const isJson = body[0] === 0x5b || body[0] === 0x6e; // "[", or the "n" of null
  if (isJson) return readJson(new TextDecoder().decode(body));
  return (decode(dataFrameList, body).index ?? []).map(toItem);
}

/** An item of a list in JSON. */
interface JsonItem {
  index?: string;
  tags?: Record<string, string> | null;
  data?: string | null;
  message?: string;
}

function readJson(text: string): QueueItem[] {
  // Indexes are bare numbers, which JSON.parse would round. Inside of strings quotes have a backslash, so nothing there
  // looks like this key; and tags, which may have the same name, have strings as values.
  const exact = text.replace(/"index"\s*:\s*(\d+)/g, '"index":"$1"');
  const items = (JSON.parse(exact) ?? []) as JsonItem[]; // what is missing is looked after below
  if (!Array.isArray(items)) throw new SyntaxError("no list of items");
  return items.map(({ index = "0", tags, data, message }) =>
    toItem({
      index: BigInt(index),
      tags: new Map(Object.entries(tags ?? {})),
      data: charBytes(atob(data ?? "")),
      message,
    })
  );
}
