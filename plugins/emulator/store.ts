import type { Failure, Runner } from "./processors.ts";
import type { Transition } from "./service-state.ts";

/** An object of the emulated storage. */
export interface StoredObject {
  /** Its bytes. */
  body: Uint8Array<ArrayBuffer>;
  /** MD5 of the bytes in upper-case hex, in quotes. */
  etag: string;
  /** Time of the last write in milliseconds since the Unix epoch. */
  lastModified: number;
  /** Headers given at the upload that come back with each download. */
  headers: [name: string, value: string][];
}

/** A bucket: objects by key, in the order of their first upload. */
export type Bucket = Map<string, StoredObject>;

/** A service of the emulated control plane. */
export interface ServiceRecord {
  /** Id that the control plane gave it. */
  id: string;
  /** Unique name. */
  name: string;
  /** What callers of the service must send. */
  token: string;
  /** The configuration, without its token. */
  config: Record<string, unknown>;
  /** Tags. */
  labels: Record<string, string>;
  /** Time of creation in milliseconds since the Unix epoch. */
  createdAt: number;
  /** Time of the last change of the configuration. */
  updatedAt: number;
  /** Number of the configuration, from 1. */
  version: number;
  /** The last change of state that was asked for. */
  transition: Transition;
  /** What answers the service's requests, or why nothing can. */
  runner: Runner | Failure;
}

/** Everything the emulated cloud remembers. Ids are counted, so that equal runs give equal answers. */
export class Store {
  /** Buckets by name. */
  readonly buckets: Map<string, Bucket> = new Map();
  /** Services by name. */
  readonly services: Map<string, ServiceRecord> = new Map();
  readonly #nonces = new Map<string, number>();
  readonly #initialBuckets: readonly string[];
  #count = 0;

  /** Makes a store that starts with these buckets, and returns to them. */
  constructor(initialBuckets: readonly string[]) {
    this.#initialBuckets = initialBuckets;
    this.reset();
  }

  /** Forgets everything but the buckets it started with, which are empty again. */
  reset(): void {
    this.services.clear();
    this.#nonces.clear();
    this.#count = 0;
    this.buckets.clear();
    for (const name of this.#initialBuckets) this.buckets.set(name, new Map());
  }

  /** The next number: 1, 2, … */
  next(): number {
    return ++this.#count;
  }

  /** Whether a nonce is new. Remembers it until `expires`, when its request would be refused for its date. */
  rememberNonce(nonce: string, now: number, expires: number): boolean {
    for (const [known, end] of this.#nonces) {
      if (end > now) break; // the oldest come first
      this.#nonces.delete(known);
    }
    if (this.#nonces.has(nonce)) return false;
    this.#nonces.set(nonce, expires);
    return true;
  }
}
