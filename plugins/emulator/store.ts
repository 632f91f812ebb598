import type { ServiceRecord } from "./eas/record.ts";
import { type ObjectStore, type Piece, readPieces } from "./object-store.ts";

/** An object of the emulated storage. */
export interface StoredObject {
  /** Its bytes, one piece behind the other. */
  pieces: readonly Piece[];
  /** Length of all pieces. */
  size: number;
  /** CRC-64 of all pieces. */
  crc64: bigint;
  /** How it was written, which `x-oss-object-type` tells. */
  type: "Normal" | "Multipart";
  /** Entity tag, in quotes. */
  etag: string;
  /** Time of the last write in milliseconds since the Unix epoch. */
  lastModified: number;
  /** What was said about it at the upload. */
  properties: Properties;
}

/** What an upload says about its object besides the content. */
export interface Properties {
  /** Headers that come back with each download. */
  headers: [name: string, value: string][];
  /** Storage class. */
  storageClass: string;
  /** Tags. */
  tags: ReadonlyMap<string, string>;
}

/** A multipart upload that is neither completed nor aborted. */
export interface Upload {
  /** Id. */
  id: string;
  /** Key of the object to be. */
  key: string;
  /** Time of the start in milliseconds since the Unix epoch. */
  initiated: number;
  /** What the object will have. */
  properties: Properties;
  /** Parts by number. */
  parts: Map<number, Part>;
}

/** A part of a multipart upload. */
export interface Part {
  /** Its bytes. */
  piece: Piece;
  /** Entity tag, in quotes. */
  etag: string;
  /** Time of the write in milliseconds since the Unix epoch. */
  lastModified: number;
}

/** A bucket. */
export interface Bucket {
  /** Objects by key, in the order of their first upload. */
  objects: Map<string, StoredObject>;
  /** Multipart uploads by id, the oldest first. */
  uploads: Map<string, Upload>;
}

/** Everything the emulated cloud remembers. Ids are counted, so that equal runs give equal answers. */
export class Store {
  /** Buckets by name. */
  readonly buckets: Map<string, Bucket> = new Map();
  /** Services by name. */
  readonly services: Map<string, ServiceRecord> = new Map();
  /** Where the bytes of objects lie. */
  readonly contents: ObjectStore;
  readonly #nonces = new Map<string, number>();
  readonly #initialBuckets: readonly string[];
  readonly #holders = new Map<Piece, number>();
  #turn: Promise<unknown> = Promise.resolve();
  #count = 0;
  #turns = 0;

  /** Makes a store that starts with these buckets, and returns to them. */
  constructor(initialBuckets: readonly string[], contents: ObjectStore) {
    this.#initialBuckets = initialBuckets;
    this.contents = contents;
    this.reset();
  }

  /** Forgets everything but the buckets it started with, which are empty again. */
  reset(): void {
    for (const { queues } of this.services.values()) queues?.disconnect();
    this.services.clear();
    this.#nonces.clear();
    this.#count = 0;
    this.#turns = 0;
    for (const name of [...this.buckets.keys()]) this.deleteBucket(name);
    for (const name of this.#initialBuckets) this.createBucket(name);
  }

  /** Makes a bucket; one that is there keeps its objects. */
  createBucket(name: string): void {
    if (!this.buckets.has(name)) this.buckets.set(name, { objects: new Map(), uploads: new Map() });
  }

  /** Deletes a bucket with all that it holds. */
  deleteBucket(name: string): void {
    const { objects, uploads } = this.buckets.get(name) ?? {};
    for (const { pieces } of objects?.values() ?? []) this.release(pieces);
    for (const { parts } of uploads?.values() ?? []) {
      this.release([...parts.values()].map(({ piece }) => piece));
    }
    this.buckets.delete(name);
  }

  /** Puts an object in place of any other of its key. */
  setObject({ objects }: Bucket, key: string, object: StoredObject): void {
    this.hold(object.pieces);
    this.deleteObject({ objects }, key);
    objects.set(key, object);
  }

  /** Takes an object away, if there is one. */
  deleteObject({ objects }: Pick<Bucket, "objects">, key: string): void {
    this.release(objects.get(key)?.pieces ?? []);
    objects.delete(key);
  }

  /** Reads an object's bytes, which stay until that is over, whatever happens to the object. */
  read(
    { pieces }: Pick<StoredObject, "pieces">,
    range: readonly [start: number, end: number],
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.hold(pieces);
    return readPieces(this.contents, pieces, range, () => this.release(pieces));
  }

  /** Says that somebody needs these bytes. */
  hold(pieces: readonly Piece[]): void {
    for (const piece of pieces) this.#holders.set(piece, (this.#holders.get(piece) ?? 0) + 1);
  }

  /** Says that somebody needs these bytes no more; those that nobody needs are deleted. */
  release(pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      const left = (this.#holders.get(piece) ?? 0) - 1;
      if (left > 0) this.#holders.set(piece, left);
      else {
        this.#holders.delete(piece);
        this.contents.delete(piece);
      }
    }
  }

  /** The next number: 1, 2, … */
  next(): number {
    return ++this.#count;
  }

  /** The next number of those that share work out: 1, 2, … */
  nextTurn(): number {
    return ++this.#turns;
  }

  /** Does one thing after the other, each when those before it are over. */
  inTurn<Result>(run: () => Result | Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => {}); // its caller hears of it; the next one doesn't mind
    return turn;
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
