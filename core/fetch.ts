/**
 * How a request leaves the SDK. Any function of this shape will do: the global `fetch`, an emulator,
 * a Hono app's `request`, a recorder, or one of these wrapped in another.
 *
 * The address is a string and the rest a plain `RequestInit`, never a `Request` object, so that a
 * wrapper can see whether the body can be sent twice and runtime options (`client`, `dispatcher`) survive.
 */
export type Fetch = (url: string, init: RequestInit) => Response | Promise<Response>;

/** The runtime's own `fetch`, looked up at call time so that a later patch of the global is seen. */
export function globalFetch(url: string, init: RequestInit): Promise<Response> {
  return globalThis.fetch(url, init);
}
