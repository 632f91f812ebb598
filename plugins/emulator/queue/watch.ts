import { defaultGroup, identityHeaders } from "./attributes.ts";
import type { QueueCall } from "./call.ts";
import { protobuf, watchFrame } from "./frames.ts";
import { count, flag, index, type Parameters } from "./parameters.ts";

/**
 * Sends a consumer the items of a queue as they come, each as a frame of the vendor's plain HTTP watch, no faster than it
 * reads them and no more than its window has room for. A server that speaks WebSocket sends the same frames as messages.
 */
export function watch(call: QueueCall, parameters: Parameters): Response {
  const { queue, request: { headers, signal } } = call;
  const over = new AbortController();
  const gone = (): void => over.abort();
  const asked = index(parameters);
  const indexOnly = flag(parameters, "_index_only_", false);
  const group = queue.group(headers.get(identityHeaders.group) ?? defaultGroup);
  const consumer = group.join(headers.get(identityHeaders.user) ?? call.newId(), {
    window: Math.max(1, count(parameters, "_window_", 1)),
    autoCommit: flag(parameters, "_auto_commit_", false),
    tags: parameters.tags,
    from: asked < 0n ? queue.lastIndex + 1n : asked, // −1 leaves out all that is there
    end: gone,
  });
  const leave = (): void => {
    signal.removeEventListener("abort", gone);
    gone();
    group.leave(consumer);
  };
  signal.addEventListener("abort", gone, { once: true });
  if (signal.aborted) leave();
  over.signal.addEventListener("abort", leave, { once: true });
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller): Promise<void> {
      while (!over.signal.aborted) {
        const soon = call.tend();
        const item = group.take(consumer);
        if (item) return controller.enqueue(watchFrame(item, indexOnly));
        if (queue.isClosed && queue.length === 0) leave();
        else await queue.wait(soon, over.signal);
      }
      if (!isCancelled) controller.close();
    },
    cancel(): void {
      isCancelled = true;
      leave();
    },
  }, { highWaterMark: 0 });
  return new Response(body, { headers: { "content-type": protobuf } });
}
