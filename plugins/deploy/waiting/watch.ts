import type { Client } from "../../../core/client.ts";
import type { WaitOptions } from "../../../core/service.ts";
import {
  timeLeft as coreTimeLeft,
  type Watch as CoreWatch,
  watchOf as coreWatchOf,
} from "../../../core/watch.ts";

export { pauseWithin } from "../../../core/watch.ts";

/** A wait for a service in EAS. */
export interface Watch extends CoreWatch {
  /** Asks for it. */
  client: Client;
}

/**
 * Begins a wait.
 *
 * @param began When the operation began that the wait is a part of, if it is.
 * @throws {TypeError} or {RangeError} when an option can't be used.
 */
export function watchOf(
  client: Client,
  name: string,
  action: string,
  options: WaitOptions,
  began?: number,
): Watch {
  return { client, ...coreWatchOf(client.clock, name, action, options, began) };
}

/** Milliseconds that a step may take: what is left, and not more than `most`. At least 1, as 0 is no timeout. */
export function timeLeft({ client, deadline }: Pick<Watch, "client" | "deadline">, most?: number): number {
  return coreTimeLeft({ clock: client.clock, deadline }, most);
}
