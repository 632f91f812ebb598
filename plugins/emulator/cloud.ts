import { LimitedBytesTransformStream } from "@std/streams/limited-bytes-transform-stream";
import { toBytes } from "@std/streams/to-bytes";
import type { Clock } from "../../core/clock.ts";
import type { Handler } from "../processors/handler.ts";
import type { AssetStore } from "./aiworkspace/store.ts";
import type { Containers } from "./containers/containers.ts";
import type { Delays } from "./eas/lifecycle.ts";
import type { ScenarioChoice } from "./eas/scenarios.ts";
import type { KeyLookup } from "./keys.ts";
import type { Decompress } from "./request-encoding.ts";
import type { Store } from "./store.ts";

/** What the parts of the emulated cloud share. */
export interface Cloud {
  /** The one region there is. */
  readonly region: string;
  /** The account that owns everything. */
  readonly accountId: string;
  /** Buckets by the domains of their own. */
  readonly domains: ReadonlyMap<string, string>;
  /** Where the time comes from. */
  readonly clock: Clock;
  /** How long services take to change their state. */
  readonly delays: Required<Delays>;
  /** What runs services that no built-in processor runs, by service name or processor code. */
  readonly handlers: Readonly<Record<string, Handler>>;
  /** What runs containers for real, where something does. */
  readonly containers: Containers | undefined;
  /** What reads compressed requests, by what configurations call it. */
  readonly decompressors: Readonly<Record<string, Decompress>>;
  /** How services fail, by name. */
  readonly scenarios: Readonly<Record<string, ScenarioChoice>>;
  /** Longest request body in bytes. */
  readonly maxBodyBytes: number;
  /** Finds an accepted key. */
  readonly lookup: KeyLookup;
  /** What there is. */
  readonly store: Store;
  /** Images, workspaces and registered models. */
  readonly assets: AssetStore;
}

/** Collects the body of a request; `undefined` when it is longer than the cloud takes. */
export async function readBody(
  request: Request,
  { maxBodyBytes }: Pick<Cloud, "maxBodyBytes">,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBodyBytes) return undefined;
  if (!request.body) return new Uint8Array();
  try {
    return await toBytes(
      request.body.pipeThrough(new LimitedBytesTransformStream(maxBodyBytes, { error: true })),
    );
  } catch (error) {
    if (error instanceof RangeError) return undefined; // how the stream reports its limit
    throw error;
  }
}
