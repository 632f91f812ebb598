/**
 * A cursor on the bytes of a message.
 *
 * @module
 */
import type { Numbers } from "./arrays.ts";

/** Says what is wrong with bytes that are no such message, and where. */
export class DecodeError extends SyntaxError {
  /** The class's own name, also in minified bundles. */
  override readonly name: string = "DecodeError";
  /** Index of the byte where reading failed. */
  declare readonly offset: number;

  /** Makes the error. */
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** What numbers are read into. */
type List = (number | bigint)[] | Float64Array; // or another array

/** A message, its field, and the numbers in each place. */
type Scattered = [into: Record<string, unknown>, name: string, first: List, ...others: List[]];

/** How a message is read. */
export interface DecodeOptions {
  /** Copies all bytes and arrays out of the buffer, so that it can be reused or freed. @default {false} */
  copy?: boolean;
  /**
   * The buffer belongs to the decoder, which may overwrite its headers to align arrays in place. When it doesn't,
   * an array that is not aligned is copied. @default {false}
   */
  own?: boolean;
}

/** Groups nest no deeper than this, in the limit that official decoders have. */
const deepest = 100;

/** Small arrays share memory of so many bytes: a view on it takes 14 ns, memory of their own up to 200. */
const slabBytes = 4096;

const none: Uint8Array<ArrayBuffer> = /* @__PURE__ */ new Uint8Array();

/** Reads at a position that moves on, never past the end of the message that is being read. */
export class Reader {
  /** Where the next byte is. */
  at = 0;
  /** Where the message that is being read ends. */
  declare end: number;
  /** The high word of the last varint. */
  high = 0;
  /** End of the last bytes that outlive the reading; what lies before must not be overwritten. */
  kept = 0;
  /** The message, and the fields on the way to the one that is being read. */
  declare readonly path: string[];
  /** What is read. */
  declare readonly bytes: Uint8Array<ArrayBuffer>;
  /** See {@linkcode DecodeOptions.copy}. */
  declare readonly copy: boolean;
  /** See {@linkcode DecodeOptions.own}. */
  declare readonly own: boolean;
  /** What holds the array for which {@linkcode Reader.align} or {@linkcode Reader.space} has just found a place. */
  declare aligned: ArrayBuffer;
  #slab = none;
  #free = 0;
  /** Where to, start and end of what has to be moved. */
  readonly #moves: number[] = [];
  /** Numbers of one field that lie in more than one place, by the first of them. */
  #scattered: Map<unknown, Scattered> | undefined;

  /** Begins to read. */
  constructor(bytes: Uint8Array<ArrayBuffer>, { copy = false, own = false }: DecodeOptions, name: string) {
    this.bytes = bytes;
    this.aligned = bytes.buffer;
    this.end = bytes.length;
    this.copy = copy;
    this.own = own;
    this.path = [name];
  }

  /** Throws the error that says where. */
  fail(problem: string): never {
    throw new DecodeError(`Cannot decode ${this.path.join(".")}: ${problem} at byte ${this.at}`, this.at);
  }

  /** Reads a varint; returns its low word and keeps the high one. */
  varint(): number {
    let low = this.bytes[this.at]!;
    this.high = 0;
    if (low < 128 && this.at < this.end) {
      this.at++;
      return low;
    }
    low = 0;
    for (let shift = 0;; shift += 7) {
      if (this.at >= this.end) this.fail("cut off");
      if (shift > 63) this.fail("over 10 bytes");
      const byte = this.bytes[this.at++]!, bits = byte & 127;
      if (shift < 32) low |= bits << shift;
      else this.high |= bits << shift; // which is by 32 bits less
      if (shift === 28) this.high = bits >> 4;
      if (byte < 128) return low >>> 0;
    }
  }

  /** Reads a length and returns where what it measures ends, which is never past the end of the message. */
  delimited(): number {
    const length = this.varint();
    if (this.high || length > this.end - this.at) this.fail("too long");
    return this.at + length;
  }

  /** Moves over bytes of a fixed number and returns where they began. */
  take(width: number): number {
    if (width > this.end - this.at) this.fail("cut off");
    return (this.at += width) - width;
  }

  /** Reads the tag of a field; returns its number times 8 plus its wire type. */
  tag(): number {
    const tag = this.varint();
    if (this.high || tag < 8) this.fail(`bad tag ${tag}`);
    return tag;
  }

  /** Moves over a field that nobody knows, and over what is in it when it is a group. */
  skip(tag: number, depth = 0): void {
    const wire = tag & 7;
    if (wire === 0) this.varint();
    else if (wire === 2) this.at = this.delimited();
    else if (wire === 1 || wire === 5) this.take(wire === 1 ? 8 : 4);
    else if (wire !== 3 || depth === deepest) this.fail(`bad tag ${tag}`);
    else for (let inner; (inner = this.tag()) !== tag + 1;) this.skip(inner, depth + 1); // up to the end of the same number
  }

  /**
   * Reads numbers and moves to where they end.
   *
   * @param count How many there are, if what else the message says is right.
   */
  numbers<Read>(numbers: Numbers<never, Read>, end: number, count?: number): Read {
    const { wire } = numbers, start = this.at;
    this.at = end;
    if (wire ? (end - start) % (wire === 5 ? 4 : 8) : this.bytes[end - 1]! & 128) this.fail("cut off");
    const read = numbers.read(this, start, end, count);
    this.at = end;
    return read;
  }

  /** Notes numbers that follow others in a field of a message. They are joined at the end, in time that grows with them. */
  scatter(into: Record<string, unknown>, name: string, numbers: unknown): void {
    const first = into[name] as List, all = this.#scattered ??= new Map();
    const known = all.get(first);
    if (known) known.push(numbers as List);
    else all.set(first, [into, name, first, numbers as List]);
  }

  /** Bytes as they are: a view, or a copy when one is asked for. */
  view(start: number, end: number): Uint8Array<ArrayBuffer> {
    const view = this.bytes.subarray(start, end);
    if (this.copy) return new Uint8Array(view);
    this.kept = end;
    return view;
  }

  /**
   * Finds memory for an array of integers, or a copy.
   *
   * @returns Where it begins in {@linkcode Reader.aligned}.
   */
  space(length: number): number {
    if (length > this.#slab.length - this.#free) {
      const rest = this.bytes.length - this.at + length; // only a guess of what the next ones take
      this.#slab = new Uint8Array(length < slabBytes ? Math.min(slabBytes, rest) : length);
      this.#free = 0;
    }
    const start = this.#free;
    this.#free += Math.ceil(length / 8) * 8;
    this.aligned = this.#slab.buffer;
    return start;
  }

  /**
   * Finds aligned memory for floats: where they are; a few bytes in front of that, where the header was, when the
   * buffer is the decoder's own; or a copy.
   *
   * @returns Where they begin in {@linkcode Reader.aligned}.
   */
  align(start: number, end: number, width: number): number {
    const { buffer, byteOffset } = this.bytes, to = start - (byteOffset + start) % width;
    if (this.copy || to < start && !(this.own && to >= this.kept)) {
      const at = this.space(end - start);
      this.#slab.set(this.bytes.subarray(start, end), at);
      return at;
    }
    if (to < start) this.#moves.push(to, start, end); // nothing moves while the message can still turn out to be none
    this.kept = end;
    this.aligned = buffer;
    return byteOffset + to;
  }

  /** Does what was left until the whole message is known to be sound. */
  finish(): void {
    for (let i = 0; i < this.#moves.length; i += 3) {
      this.bytes.copyWithin(this.#moves[i]!, this.#moves[i + 1]!, this.#moves[i + 2]!);
    }
    for (const [into, name, ...lists] of this.#scattered?.values() ?? []) {
      const { constructor } = lists[0];
      into[name] = (constructor as Float64ArrayConstructor).from(lists.flatMap((list) => [...list]));
    }
  }
}
