/** Universal Binary JSON has deeper nesting than any saved model, whose trees are flat. */
const deepest = 64;

/**
 * Reads Universal Binary JSON (https://ubjson.org), the default format of `save_model("model.ubj")`. Numbers come as
 * numbers; no high-precision ones, as no saved model has any.
 *
 * @throws {SyntaxError} when the bytes are none, end early, or go on behind the value.
 */
export function readUbj(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = reader.value(reader.marker(), 0);
  if (reader.at < bytes.length) {
    throw new SyntaxError(`there are ${bytes.length - reader.at} bytes behind the value`);
  }
  return value;
}

/** Length of each kind of number in bytes. */
const widths: Readonly<Record<string, number>> = { i: 1, U: 1, I: 2, l: 4, L: 8, d: 4, D: 8 };

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  marker(): string {
    return String.fromCharCode(this.#bytes[this.#take(1)]!);
  }

  value(marker: string, depth: number): unknown {
    if (depth > deepest) throw new SyntaxError(`values are nested more than ${deepest} deep`);
    switch (marker) {
      case "Z":
        return null;
      case "T":
        return true;
      case "F":
        return false;
      case "C":
        return this.marker();
      case "S":
        return this.#text();
      case "[":
        return this.#array(depth);
      case "{":
        return this.#object(depth);
      default:
        return this.#number(marker);
    }
  }

  #number(marker: string): number {
    const width = widths[marker];
    if (width === undefined) throw new SyntaxError(`there is no value of the kind ${JSON.stringify(marker)}`);
    const at = this.#take(width);
    switch (marker) {
      case "i":
        return this.#view.getInt8(at);
      case "U":
        return this.#view.getUint8(at);
      case "I":
        return this.#view.getInt16(at);
      case "l":
        return this.#view.getInt32(at);
      case "L":
        return Number(this.#view.getBigInt64(at));
      case "d":
        return this.#view.getFloat32(at);
      default:
        return this.#view.getFloat64(at);
    }
  }

  #text(): string {
    const length = this.#length();
    const start = this.#take(length);
    return new TextDecoder("utf-8", { fatal: true }).decode(this.#bytes.subarray(start, start + length));
  }

  #array(depth: number): unknown[] {
    const kind = this.#next("$") ? this.marker() : undefined;
    if (this.#next("#")) return this.#counted(this.#length(), kind, depth);
    if (kind !== undefined) throw new SyntaxError("a list of one kind does not say how long it is");
    const list: unknown[] = [];
    while (!this.#next("]")) list.push(this.value(this.marker(), depth + 1));
    return list;
  }

  #counted(length: number, kind: string | undefined, depth: number): unknown[] {
    // Each element takes a byte at least, so that a length beyond the end is found before any space is made for it.
    this.#take(length * (kind === undefined ? 1 : widths[kind] ?? 1));
    this.at -= length * (kind === undefined ? 1 : widths[kind] ?? 1);
    return Array.from({ length }, () => this.value(kind ?? this.marker(), depth + 1));
  }

  #object(depth: number): Record<string, unknown> {
    const members: [string, unknown][] = [];
    while (!this.#next("}")) members.push([this.#text(), this.value(this.marker(), depth + 1)]);
    return Object.fromEntries(members);
  }

  /** A length, which comes as a whole number of any width. */
  #length(): number {
    const marker = this.marker();
    const length = "iUIlL".includes(marker) ? this.#number(marker) : NaN;
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new SyntaxError("a length is no whole number from 0");
    }
    return length;
  }

  /** Goes on behind a marker if it comes next. */
  #next(marker: string): boolean {
    const isNext = this.#bytes[this.at] === marker.charCodeAt(0);
    if (isNext) this.at++;
    return isNext;
  }

  /** Goes on behind so many bytes, and says where they begin. */
  #take(count: number): number {
    const start = this.at;
    if (start + count > this.#bytes.length) throw new SyntaxError("the bytes end in the middle of a value");
    this.at += count;
    return start;
  }
}
