import { defaultGroup, describeQueue, identityHeaders } from "./attributes.ts";
import { answer, attributesAnswer, listAnswer } from "./frames.ts";
import {
  BadCall,
  count,
  duration,
  flag,
  index,
  indexes,
  type Parameters,
  readParameters,
} from "./parameters.ts";
import type { Queue } from "./queue.ts";
import { plainText } from "../plain-text.ts";
import { watch } from "./watch.ts";

/** A call to a queue. */
export interface QueueCall {
  /** The queue. */
  queue: Queue;
  /** Its method, headers and signal. */
  request: Pick<Request, "method" | "headers" | "signal">;
  /** Where in the service an item is to be answered. */
  path: string;
  /** Query. */
  search: string;
  /** Body. */
  body: Uint8Array<ArrayBuffer>;
  /** An id for an item that has none. */
  newId: () => string;
  /** Lets the service work; tells after how many milliseconds it may have something to do again by itself. */
  tend: () => number;
}

/** An operation of the queue service. */
type Operation = (call: QueueCall, parameters: Parameters) => Response | Promise<Response>;

/**
 * Answers a call to the queue service. The method and one parameter tell the operation:
 * https://www.alibabacloud.com/help/en/pai/access-queue-service, and for what that page leaves out, the vendor's clients.
 */
export async function answerCall(call: QueueCall): Promise<Response> {
  try {
    const parameters = readParameters(call.search);
    const { method } = call.request;
    const operation = operations.find(([verb, name]) =>
      verb === method && (!name || parameters.own.has(name))
    );
    if (!operation) return plainText(405, "method not allowed");
    const answered = await operation[2](call, parameters);
    call.tend();
    return answered;
  } catch (error) {
    if (error instanceof BadCall) return plainText(400, error.message);
    throw error;
  }
}

const operations: readonly [method: string, parameter: string, run: Operation][] = [
  ["GET", "_attrs_", ({ queue, request }) => attributesAnswer(describeQueue(queue), request.headers)],
  ["GET", "_search_", ({ queue }, parameters) => search(queue, index(parameters))],
  ["GET", "_count_", (call, parameters) => answer(`${countItems(call, parameters)}`)],
  ["GET", "_watch_", watch],
  ["GET", "", get],
  ["POST", "_eos_", end],
  ["POST", "", put],
  ["PUT", "_negative_", refuse],
  ["PUT", "_indexes_", commit],
  ["DELETE", "_trunc_", truncate],
  ["DELETE", "_indexes_", remove],
];

function put(call: QueueCall, parameters: Parameters): Response {
  const { queue, path, body, request: { headers } } = call;
  if (queue.isClosed) return plainText(400, "the queue is closed");
  if (body.length > queue.options.maxPayload) {
    return plainText(413, `the payload has ${body.length} bytes, more than ${queue.options.maxPayload}`);
  }
  if (queue.isFull && !queue.options.evicts) return plainText(450, "the queue is full");
  const tags = new Map(parameters.tags);
  const requestId = tags.get("requestId") ?? call.newId();
  tags.set("requestId", requestId);
  const asked = headers.get(identityHeaders.priority) ?? "0";
  const priority = count(parameters, "_priority_", /^\d{1,15}$/.test(asked) ? Number(asked) : 0);
  const item = queue.put({ tags, priority, data: body, path, headers: new Headers(headers) });
  const put = answer(`${item.index}`);
  put.headers.set("X-Eas-Queueservice-Request-Id", requestId);
  return put;
}

async function get(call: QueueCall, parameters: Parameters): Promise<Response> {
  const { queue, request: { headers, signal } } = call;
  const { clock } = queue.options;
  const asked = index(parameters);
  const length = Math.max(1, count(parameters, "_length_", 1));
  const deletes = flag(parameters, "_auto_delete_", true);
  const raw = flag(parameters, "_raw_", true);
  const end = clock.now() + duration(parameters, "_timeout_");
  for (;;) {
    const soon = call.tend();
    const from = asked < 0n ? queue.ends.last : asked; // −1 is for the newest alone
    const found = queue.find({ from, tags: parameters.tags }, raw ? 1 : length);
    if (found[0]) {
      if (deletes) queue.remove(found.map(({ index }) => index));
      return raw ? answer(found[0].data, "application/octet-stream") : listAnswer(found, headers);
    }
    const left = end - clock.now();
    if (left <= 0 || signal.aborted) return new Response(null, { status: 204 });
    await queue.wait(Math.min(left, soon), signal);
  }
}

function search(queue: Queue, wanted: bigint): Response {
  const isPending = (at: bigint): boolean => [...queue.groups.values()].some((group) => group.isPending(at));
  const IsPending = isPending(wanted);
  let WaitCount = 0;
  for (const item of queue.get(wanted) && !IsPending ? queue.inOrder() : []) {
    if (item.index === wanted) break;
    if (!isPending(item.index)) WaitCount++;
  }
  return answer(JSON.stringify({ IsPending, WaitCount }), "application/json");
}

function countItems({ queue }: QueueCall, parameters: Parameters): number {
  const priority = parameters.own.has("_priority_") ? count(parameters, "_priority_", 0) : undefined;
  return queue.find({ from: 0n, tags: parameters.tags, priority }).length;
}

function commit({ queue, request: { headers } }: QueueCall, parameters: Parameters): Response {
  const group = queue.groups.get(headers.get(identityHeaders.group) ?? defaultGroup);
  const committed = indexes(parameters);
  if (group) committed.forEach((one) => group.commit(one));
  else if (queue.groups.size === 0) queue.remove(committed); // nobody watches, so nobody else needs them
  return answer("OK");
}

/** Words for why an item was refused: capitalised, or digits. */
const codes = /^(?:(?:[A-Z][a-z]*)+(?:.[A-Z][a-z]*)?|[0-9]+)$/;

function refuse(call: QueueCall, parameters: Parameters): Response {
  if (!flag(parameters, "_negative_", false)) return commit(call, parameters);
  const { queue, body, request: { headers } } = call;
  const code = new URLSearchParams(new TextDecoder().decode(body)).get("_code_") ?? "";
  if (!codes.test(code) || code.length > 20) {
    throw new BadCall(`_code_ is "${code}", no code such as Shutdown`);
  }
  const group = queue.groups.get(headers.get(identityHeaders.group) ?? defaultGroup);
  for (const refused of indexes(parameters)) group?.refuse(refused);
  return answer("OK");
}

function remove({ queue }: QueueCall, parameters: Parameters): Response {
  queue.remove(indexes(parameters));
  return answer("OK");
}

function truncate({ queue }: QueueCall, parameters: Parameters): Response {
  if (flag(parameters, "_trunc_", false)) queue.truncate(index(parameters));
  return answer("OK");
}

function end({ queue }: QueueCall, parameters: Parameters): Response {
  if (flag(parameters, "_eos_", false)) queue.close(flag(parameters, "_force_", false));
  return answer("OK");
}
