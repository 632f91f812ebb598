import { redact } from "../../../core/redact.ts";
import { type Chunk, type Chunks, chunksOf } from "./chunks.ts";
import type { ReadPolicy } from "./read-range.ts";

/** A connection that broke while a body was read. */
export class Broken extends Error {}

/** The body of one answer. */
export interface BodyReader extends Pick<Chunks, "keep"> {
  /**
   * The next bytes, as {@linkcode Chunks} lend them.
   *
   * @throws {Broken} when they don't come.
   */
  read(): Promise<Chunk | undefined>;
  /** Lets go of what is left. */
  close(): void;
}

// About the longest time that timers can wait, since they count milliseconds in 32 bits: 23 days.
const longest = 2e9;

/** Reads a body, and watches that it goes on. */
export function readBody({ body }: Response, { idleTimeout, clock, signal }: ReadPolicy): BodyReader {
  const chunks = chunksOf(body ?? new Blob().stream());
  const done = new AbortController();
  // Cancelling ends a read that is pending, which on some runtimes not even the request's own signal does.
  const cancel = (reason: unknown): void => void chunks.cancel(reason).catch(() => {});
  const onAbort = (): void => cancel(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  let reads = 0, pending = 0, isStalled = false;
  const watch = async (): Promise<void> => {
    for (let last = -1;; last = pending || -1) {
      await clock.sleep(Math.min(idleTimeout, longest), done.signal);
      if (pending !== last) continue;
      isStalled = true;
      return cancel(new Broken("no bytes came"));
    }
  };
  watch().catch(() => {}); // it ends with the reading
  return {
    async read() {
      pending = ++reads;
      let chunk: Chunk | undefined;
      try {
        chunk = await chunks.read();
      } catch (cause) {
        throw new Broken(`the connection broke: ${redact(`${cause}`)}`, { cause });
      }
      pending = 0;
      signal?.throwIfAborted();
      if (isStalled) throw new Broken(`no bytes came for ${idleTimeout} ms`);
      return chunk;
    },
    keep: (chunk) => chunks.keep(chunk),
    close() {
      done.abort();
      signal?.removeEventListener("abort", onAbort);
      cancel(undefined); // what is left is not needed; of what has ended, nothing is
    },
  };
}
