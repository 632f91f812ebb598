import type { Fetch } from "../../core/fetch.ts";

/** Makes the port out of the handler: a real request, which ends when its signal says so. */
export function fetchFrom(handle: (request: Request) => Promise<Response>): Fetch {
  return (url, init) => {
    const { signal } = init;
    // Not every runtime's types know `duplex`, but a stream can't be sent without.
    const request: RequestInit & { duplex: "half" } = { ...init, duplex: "half" };
    if (!signal) return handle(new Request(url, request));
    // What breaks off must not look complete to the server, nor go on to its end.
    if (init.body instanceof ReadableStream) request.body = abortable(init.body, signal);
    const answer = handle(new Request(url, request)).then((response) =>
      response.body ? new Response(abortable(response.body, signal), response) : response
    );
    return new Promise((resolve, reject) => {
      const aborted = (): void => reject(signal.reason);
      if (signal.aborted) aborted();
      signal.addEventListener("abort", aborted, { once: true });
      answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", aborted));
    });
  };
}

/** The stream, which fails when the signal aborts, as it is with `fetch`. */
function abortable(stream: ReadableStream<Uint8Array>, signal: AbortSignal): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  let aborted = (): void => {};
  const over = (): void => signal.removeEventListener("abort", aborted);
  return new ReadableStream<Uint8Array>({
    start(controller): void {
      aborted = (): void => {
        controller.error(signal.reason);
        reader.cancel(signal.reason).catch(() => {});
      };
      signal.addEventListener("abort", aborted, { once: true });
      if (signal.aborted) aborted();
    },
    async pull(controller): Promise<void> {
      try {
        const { done, value } = await reader.read();
        if (signal.aborted) return; // the stream has failed already
        if (!done) return controller.enqueue(value);
        controller.close();
      } catch (error) {
        over();
        throw error;
      }
      over();
    },
    cancel(reason): Promise<void> {
      over();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
