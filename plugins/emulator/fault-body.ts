/** Where something happens to a body: at a byte, or at a share of the length that its headers tell. */
export type Place = number | { readonly share: number };

/** What happens to a body. */
export type Damage =
  /** The connection breaks: reading fails. */
  | "cut"
  /** It ends as if it were complete. */
  | "end"
  /** Nothing more comes until the signal aborts. */
  | "stall"
  /** One bit of the byte is another, and all goes on. */
  | "flip";

/** Length that a share is taken of when no header tells one. */
const unknownLength = 64 * 1024;

/** The number of a byte. */
export function byteAt(place: Place, length: number | undefined): number {
  return typeof place === "number" ? place : Math.floor(place.share * (length ?? unknownLength));
}

/** A body that something happens to before the byte with this number; nothing when it is shorter. */
export function damaged(
  body: ReadableStream<Uint8Array>,
  damage: Damage,
  at: number,
  signal?: AbortSignal | null,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  let offset = 0;
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const { done, value } = await reader.read();
      const rest = done ? 0 : at - offset;
      if (done && !(offset === at && damage !== "flip")) return controller.close();
      if (!done && (rest >= value.length || rest < 0)) {
        offset += value.length;
        return controller.enqueue(value.slice());
      }
      if (value && damage === "flip") {
        offset += value.length;
        const copy = value.slice();
        copy[rest] = (copy[rest] ?? 0) ^ 1;
        return controller.enqueue(copy);
      }
      if (value && rest > 0) controller.enqueue(value.slice(0, rest));
      if (damage === "stall") return await stall(signal);
      await reader.cancel().catch(() => {});
      if (damage === "end") controller.close();
      else controller.error(dropped());
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

/** Never resolves; rejects with the signal's reason. */
function stall(signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((_, reject) => {
    const aborted = (): void => reject(signal?.reason);
    if (signal?.aborted) aborted();
    signal?.addEventListener("abort", aborted, { once: true });
  });
}

/** What `fetch` rejects with when a connection breaks; `serve()` breaks its own in turn. */
export function dropped(): TypeError {
  return new TypeError("the connection was dropped on purpose", { cause: { code: "ECONNRESET" } });
}
