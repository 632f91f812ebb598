import type { Fetch } from "../../core/fetch.ts";

/** What happens to the body of an answer: it breaks, ends, stops for good, or has a bit turned. */
export interface BodyFault {
  kind: "break" | "end" | "stall" | "flip";
  /** The byte at which it happens, modulo the body's length. */
  at: number;
}

/**
 * A `Fetch` whose answers to reads of objects have faults, one after the other; after the last one all is well. Answers without a
 * body use none up.
 */
export function withBodyFaults(fetch: Fetch, faults: readonly (BodyFault | undefined)[]): Fetch {
  const rest = faults.values();
  return async (url, init) => {
    const response = await fetch(url, init);
    const isRead = init.method === "GET" && !url.includes("list-type");
    if (!isRead || !response.ok || !response.body) return response;
    const bytes = new Uint8Array(await response.arrayBuffer());
    const fault = bytes.length ? rest.next().value : undefined;
    const body = fault ? broken(bytes, fault) : bytes;
    return new Response(body, { status: response.status, headers: response.headers });
  };
}

function broken(
  bytes: Uint8Array<ArrayBuffer>,
  { kind, at }: BodyFault,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const place = at % bytes.length, changed = bytes.slice();
  if (kind === "flip") changed[place]! ^= 1;
  const pieces = [changed.subarray(0, place), changed.subarray(place)].filter((piece) => piece.length);
  if (kind !== "flip") pieces.splice(place ? 1 : 0);
  return new ReadableStream({
    pull(controller) {
      const piece = pieces.shift();
      if (piece) return controller.enqueue(piece);
      if (kind === "stall") return new Promise<void>(() => {});
      if (kind === "break") throw new TypeError("the socket was closed");
      controller.close();
    },
  }, { highWaterMark: 0 });
}
