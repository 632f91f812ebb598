/**
 * Numbers of one field that lie in more than one place. Official encoders write no such message, but official decoders
 * read them: fields may come again, and each number may have a tag of its own.
 *
 * @module
 */
import type { Numbers } from "./arrays.ts";
import { Reader } from "./reader.ts";

interface Entry {
  into: Record<string, unknown>;
  name: string;
  numbers: Numbers<never, unknown>;
  /** Start and end of the parts in turn. */
  parts: number[];
  /** What they hold. */
  rest?: unknown;
}

/** What follows the numbers that were read first. It is joined at the end, in time that grows with its length. */
export class Scattered {
  /** By the array of those that were read first. */
  readonly #entries = new Map<unknown, Entry>();

  /** Notes a part. */
  add(
    numbers: Numbers<never, unknown>,
    into: Record<string, unknown>,
    name: string,
    start: number,
    end: number,
  ): void {
    let entry = this.#entries.get(into[name]);
    if (!entry) this.#entries.set(into[name], entry = { into, name, numbers, parts: [] });
    entry.parts.push(start, end);
  }

  /** Reads all parts, which may fail. */
  read({ bytes, path }: Reader): void {
    for (const entry of this.#entries.values()) {
      const { numbers, parts } = entry;
      let length = 0;
      for (let i = 0; i < parts.length; i += 2) length += parts[i + 1]! - parts[i]!;
      const joined = new Uint8Array(length);
      length = 0;
      for (let i = 0; i < parts.length; i += 2) {
        joined.set(bytes.subarray(parts[i], parts[i + 1]), length);
        length += parts[i + 1]! - parts[i]!;
      }
      entry.rest = numbers.read(new Reader(joined, {}, path[0]!), 0, length);
    }
  }

  /** Puts the numbers that were read first and the others together. */
  join(): void {
    for (const [first, { into, name, rest }] of this.#entries) {
      into[name] = concat(first as List, rest as List);
    }
  }
}

/** What numbers are read into. */
type List = unknown[] | Float64Array;

function concat(first: List, rest: List): List {
  if (Array.isArray(first)) return [...first, ...rest as unknown[]];
  const { constructor } = first;
  const all = new (constructor as Float64ArrayConstructor)(first.length + rest.length); // or another's
  all.set(first);
  all.set(rest as Float64Array, first.length); // of the same kind
  return all;
}
