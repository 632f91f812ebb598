import type { CallOptions, Client } from "../../../core/client.ts";
import { servicePath } from "../../../core/eas-service.ts";

/**
 * A service of EAS: what `deploy` and `getService` return, or `{ client, name }` for one that is known by its
 * name, which saves the call that looks it up.
 */
export interface EasRef {
  /** Name of the service. */
  readonly name: string;
  /** Asks for it; services that run elsewhere have none. */
  readonly client?: Client;
}

/** Options of every call. */
export interface RequestOptions {
  /** Cancels the call. */
  signal?: AbortSignal;
  /** Longest time of the call in milliseconds, retries included. @default {60000} */
  timeout?: number;
}

/** Method of services that remember what is still to come of a change, so that their `wait` waits for that. */
export const changed: unique symbol = Symbol("changed");

/** Method of services that goes on with a wait which has begun. */
export const settle: unique symbol = Symbol("settle");

/**
 * The client of a service.
 *
 * @throws {TypeError} when it has none, as services that don't run in EAS.
 */
export function clientOf(what: string, service: EasRef): Client {
  const { name, client } = service ?? {};
  if (typeof name !== "string" || name === "") throw new TypeError(`${what}: it has no name`);
  if (typeof client?.call === "function") return client;
  throw new TypeError(`${what}: it does not run in EAS; give a service of EAS, or { client, name }`);
}

/** Calls an action on a service; `below` is the end of its path, such as `["instances"]`. */
export function callService<Answer>(
  service: EasRef,
  action: string,
  below: string[],
  options: Omit<CallOptions, "path">,
): Promise<Answer> {
  const client = clientOf(`Cannot call ${action} for service "${service?.name}"`, service);
  return client.call<Answer>(action, {
    ...options,
    path: servicePath(client.region, service.name, ...below),
  });
}

/** Only the options that a call takes. */
export function requestOptions({ signal, timeout }: RequestOptions): RequestOptions {
  return { signal, timeout };
}
