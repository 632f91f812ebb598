import type { Clock } from "../../core/clock.ts";
import type { Fetch } from "../../core/fetch.ts";
import { isBroken, wasNeverSent } from "../../core/retry.ts";

/** A `fetch` that knows where a service answers. */
export interface ServiceFetch {
  /** Sends a request to where the service answers now. */
  (url: string, init: RequestInit): Promise<Response>;
  /** Makes the next request look the address up. */
  forget(): void;
}

// Asking the engine takes a millisecond or two, which each of many small calls would feel.
const freshness = 1_000;

/**
 * A `fetch` for a service whose port may change: each start of a container gives it another one, and the old one may
 * be another service's by then. So the address is looked up again every second, and when a connection is refused; a
 * request that can't have reached anybody is sent once more when the address has changed.
 *
 * @param find Tells the address, or rejects with the reason why there is none.
 */
export function serviceFetch(fetch: Fetch, find: () => Promise<URL>, clock: Clock): ServiceFetch {
  let known: { address: Promise<URL>; at: number } | undefined;
  const forget = (): void => void (known = undefined);
  const look = (): Promise<URL> => {
    const now = clock.now();
    if (known && now - known.at < freshness) return known.address;
    const entry = known = { address: find(), at: now };
    entry.address.catch(() => known === entry && forget());
    return entry.address;
  };
  const send = async (url: string, init: RequestInit): Promise<Response> => {
    const address = await look();
    try {
      return await fetch(moved(url, address), init);
    } catch (error) {
      const { signal, body } = init;
      forget();
      if (signal?.aborted || body instanceof ReadableStream || !isBroken(error) || !wasNeverSent(error)) {
        throw error;
      }
      const now = await look();
      if (now.href === address.href) throw error;
      return await fetch(moved(url, now), init);
    }
  };
  return Object.assign(send, { forget });
}

function moved(url: string, { protocol, host }: URL): string {
  return url.replace(/^https?:\/\/[^/?#]*/i, `${protocol}//${host}`);
}
