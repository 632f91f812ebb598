import type { Client } from "../../../core/client.ts";

/** Options of every call of the workspace's API. */
export interface AssetCallOptions {
  /** Cancels the call. */
  signal?: AbortSignal;
  /** Longest time of each request in milliseconds, retries included. @default {60000} */
  timeout?: number;
}

/** What is listed: an action, its path and query, and the member of the answer that has the items. */
export interface Listing extends AssetCallOptions {
  /** Percent-encoded path. */
  path: string;
  /** Query parameters besides those of the pages. */
  query: Readonly<Record<string, unknown>>;
  /** Member of the answer. */
  items: string;
}

/** Items of a page. Fewer requests than the API's own 20 or 10 make, and what its consoles ask for at most. */
const pageSize = 50;

/** Lists page by page; a page is asked for when the one before has been read. */
export async function* pages<Item>(
  client: Client,
  action: string,
  { path, query, items: member, signal, timeout }: Listing,
): AsyncGenerator<Item, void, undefined> {
  for (let page = 1, seen = 0;; page++) {
    const answer = await client.call(action, {
      product: "aiworkspace",
      path,
      query: { ...query, PageNumber: page, PageSize: pageSize },
      signal,
      timeout,
    });
    const { [member]: items = [], TotalCount: total } = answer as
      & Record<string, Item[] | null | undefined> // as the API documents it
      & { TotalCount?: number };
    if (!items?.length) return;
    yield* items;
    seen += items.length;
    // A server that gives less than it was asked for is only trusted to be at its end when it says so.
    if (typeof total === "number" ? seen >= total : items.length < pageSize) return;
  }
}
