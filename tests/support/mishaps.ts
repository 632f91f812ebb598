import type { Fetch } from "../../core/fetch.ts";

/** Why a deployment is aborted. */
export const reason = new Error("no more patience");

/** What goes wrong with one request; gets the way to end the deployment from outside. */
export type Mishap = (fetch: Fetch, abort: () => void) => Fetch;

/** All of them, by the end of a sentence about a deployment. */
export const mishaps: Record<string, Mishap> = {
  "is aborted when a request begins": (fetch, abort) => (url, init) => {
    abort();
    init.signal?.throwIfAborted();
    return fetch(url, init);
  },
  "is aborted when a request was carried out": (fetch, abort) => async (url, init) => {
    const answer = await fetch(url, { ...init, signal: undefined });
    abort();
    init.signal?.throwIfAborted();
    return answer;
  },
  "is refused by a server that has failed": () => () =>
    Response.json({ Code: "InternalError" }, { status: 500 }),
  "is told that a server has failed that has done it": (fetch) => async (url, init) => {
    await (await fetch(url, init)).body?.cancel();
    return Response.json({ Code: "InternalError" }, { status: 500 });
  },
  "loses its connection before a request": () => () => {
    throw new TypeError("fetch failed");
  },
  "loses its connection after a request": (fetch) => async (url, init) => {
    await (await fetch(url, init)).body?.cancel();
    throw new TypeError("fetch failed");
  },
};
