/**
 * The bytes of protocol buffers: a cursor that writes them and one that reads them. What the bytes mean is told by
 * the tables of `message.ts` and of the modules named after the `.proto` files.
 *
 * 64-bit integers are pairs of 32-bit words here, low and high, since arithmetic with `bigint` costs a hundred times as
 * much.
 *
 * @module
 */

/** How a value lies on the wire: varint, 8 bytes, length and bytes, 4 bytes. Groups (3 and 4) are only skipped. */
export type WireType = 0 | 1 | 2 | 5;

/** Whether this machine's typed arrays have the byte order of the wire, so that they can be copied as they are. */
export const littleEndian: boolean = /* @__PURE__ */ new Uint8Array(
  /* @__PURE__ */ Uint16Array.of(1).buffer,
)[0] === 1;

/**
 * Refuses to work on a machine of the other byte order, on which no runtime is known to run.
 *
 * @throws {Error} on such a machine.
 */
export function refuseBigEndian(isLittleEndian: boolean = littleEndian): void {
  if (!isLittleEndian) throw new Error("Cannot use tensors: big-endian machine");
}

/** Writes at a position that moves on; or only counts, when there are no bytes to write to. */
export class Writer {
  /** Where the next byte goes. */
  at = 0;
  /** The lengths of nested messages, in the order of writing. Who counts finds them, and who writes needs them. */
  readonly lengths: number[] = [];
  /** What is written to. Indices beyond its end lead nowhere. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  #next = 0;

  /** Counts; or writes what was counted. */
  constructor(counted?: Writer, bytes: Uint8Array<ArrayBuffer> = new Uint8Array()) {
    this.bytes = bytes;
    if (counted) this.lengths = counted.lengths;
  }

  /** Writes an integer of 32 bits without a sign. */
  varint(value: number): void {
    while (value > 127) {
      this.bytes[this.at++] = value & 127 | 128;
      value >>>= 7;
    }
    this.bytes[this.at++] = value;
  }

  /** Writes an integer of 64 bits. */
  varint64(low: number, high: number): void {
    for (low >>>= 0, high >>>= 0; high; high >>>= 7) {
      this.bytes[this.at++] = low & 127 | 128;
      low = (low >>> 7 | high << 25) >>> 0;
    }
    this.varint(low);
  }

  /** Writes bytes as they are. */
  raw(source: Uint8Array<ArrayBuffer>): void {
    if (this.bytes.length) this.bytes.set(source, this.at);
    this.at += source.length;
  }

  /** Writes what the body writes, behind its length. */
  delimited(body: () => void): void {
    const { lengths } = this, slot = this.#next++, start = this.at;
    const isCounting = !this.bytes.length;
    if (isCounting) lengths.push(0); // in front of the lengths of what it holds
    else this.varint(lengths[slot]!);
    body();
    if (isCounting) this.varint(lengths[slot] = this.at - start);
  }
}

/** Arrays of at least so many bytes become chunks of their own in `encodeChunks`; smaller ones are cheaper to copy. */
const chunkBytes = 1024;

/** Counts what is written, and how much of that are arrays that become chunks of their own. */
export class ChunkCounter extends Writer {
  /** Bytes of those arrays. */
  bulk = 0;

  override raw(source: Uint8Array<ArrayBuffer>): void {
    super.raw(source);
    if (source.length >= chunkBytes) this.bulk += source.length;
  }
}

/** Lays large arrays down as chunks of their own instead of copying them. */
export class ChunkWriter extends Writer {
  /** The chunks so far. */
  readonly chunks: Uint8Array<ArrayBuffer>[] = [];
  #start = 0;

  override raw(source: Uint8Array<ArrayBuffer>): void {
    if (source.length < chunkBytes) return super.raw(source);
    this.flush();
    this.chunks.push(source);
  }

  /** Makes a chunk of what was written since the last one. */
  flush(): void {
    if (this.at > this.#start) this.chunks.push(this.bytes.subarray(this.#start, this.at));
    this.#start = this.at;
  }
}

/** Says what is wrong with bytes that are no such message, and where. */
export class DecodeError extends SyntaxError {
  /** The class's own name, also in minified bundles. */
  override readonly name: string = "DecodeError";
  /** Index of the byte where reading failed. */
  readonly offset: number;

  /** Makes the error. */
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

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

/** Reads at a position that moves on, never past the end of the message that is being read. */
export class Reader {
  /** Where the next byte is. */
  at = 0;
  /** Where the message that is being read ends. */
  end: number;
  /** The high word of the last varint. */
  high = 0;
  /** End of the last bytes that outlive the reading; what lies before must not be overwritten. */
  kept = 0;
  /** The message, and the fields on the way to the one that is being read. */
  readonly path: string[];
  /** Nested messages that are open. */
  depth = 0;
  /** What is read. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How it is read. */
  readonly options: DecodeOptions;
  /** What is left to do once the whole message is known to be sound. */
  readonly pending: ((isVarint: boolean) => void)[] = [];

  /** Begins to read. */
  constructor(bytes: Uint8Array<ArrayBuffer>, options: DecodeOptions, name: string) {
    this.bytes = bytes;
    this.end = bytes.length;
    this.options = options;
    this.path = [name];
  }

  /** Throws the error that says where. */
  fail(problem: string): never {
    const where = this.path.slice(0, this.depth + 1).join(".");
    throw new DecodeError(
      `Cannot decode ${where}: ${problem} at byte ${this.at}`,
      this.at,
    );
  }

  /** Reads a varint; returns its low word and keeps the high one. */
  varint(): number {
    let low = 0, high = 0;
    const first = this.bytes[this.at]!;
    if (first < 128 && this.at < this.end) {
      this.high = 0;
      this.at++;
      return first;
    }
    for (let shift = 0;; shift += 7) {
      if (this.at >= this.end) this.fail("cut off");
      if (shift > 63) this.fail("over 10 bytes");
      const byte = this.bytes[this.at++]!;
      if (shift < 32) low |= (byte & 127) << shift;
      if (shift > 24) high |= shift < 32 ? (byte & 127) >>> (32 - shift) : (byte & 127) << (shift - 32);
      if (byte < 128) break;
    }
    this.high = high;
    return low >>> 0;
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

  /** Moves over a field that nobody knows. */
  skip(tag: number): void {
    const open: number[] = []; // groups
    do {
      const wire = tag & 7, number = tag >>> 3;
      if (wire === 0) this.varint();
      else if (wire === 2) this.at = this.delimited();
      else if (wire === 1 || wire === 5) this.take(wire === 1 ? 8 : 4);
      else if (wire === 3 && open.length < deepest) open.push(number);
      else if (wire !== 4 || open.pop() !== number) this.fail(`bad tag ${tag}`);
    } while (open.length && (tag = this.tag()));
  }
}
