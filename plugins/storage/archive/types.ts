import { PaiError } from "../../../core/errors.ts";

/** Types of members that this package reads; sparse files, parts of volumes and the like look like files to others. */
const known = new Set("\0" + "01234567xgLK");
/** Types of members that have no content, whatever size is stated. */
const withoutContent = new Set("123456");
/** Where the parser of archives draws its line for names, too: 8 MiB. */
const longestHeader = 8_388_608;

/**
 * Lets an archive through as far as its members are of types that are known. A parser that takes a type that it
 * does not know for a file would write, say, the map of a sparse file as its content.
 *
 * @param what Beginning of the errors' message.
 * @param onBytes Told how many bytes come through.
 */
export function knownTypes(
  what: string,
  onBytes: (length: number) => void,
): TransformStream<Uint8Array, Uint8Array> {
  const headers = new Headers512(what);
  return new TransformStream({
    transform(chunk, controller) {
      onBytes(chunk.length);
      headers.follow(chunk);
      controller.enqueue(chunk);
    },
  });
}

/** Follows an archive from header to header. */
class Headers512 {
  readonly #what: string;
  readonly #block = new Uint8Array(512);
  #filled = 0;
  /** Bytes of content and padding until the next header. */
  #skip = 0;
  /** A PAX header that is being collected, which may state the size of the member after it. */
  #pax: Uint8Array | undefined;
  #paxSize: number | undefined;
  #ended = false;

  constructor(what: string) {
    this.#what = what;
  }

  follow(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.#ended;) {
      const part = chunk.subarray(at, at + (this.#skip || 512 - this.#filled));
      at += part.length;
      if (this.#skip) this.#content(part);
      else {
        this.#block.set(part, this.#filled);
        this.#filled += part.length;
        if (this.#filled === 512) this.#header();
      }
    }
  }

  #content(part: Uint8Array): void {
    const pax = this.#pax;
    if (pax) pax.set(part.subarray(0, Math.max(0, pax.length - this.#filled)), this.#filled);
    if (pax) this.#filled = Math.min(pax.length, this.#filled + part.length);
    this.#skip -= part.length;
    if (this.#skip || !pax) return;
    const stated = [...new TextDecoder().decode(pax).matchAll(/(?:^|\n)\d+ size=(\d+)(?=\n)/g)].at(-1);
    if (stated) this.#paxSize = Number(stated[1]);
    this.#pax = undefined;
    this.#filled = 0;
  }

  #header(): void {
    this.#filled = 0;
    if (this.#block.every((byte) => byte === 0)) {
      this.#ended = true;
      return;
    }
    const type = String.fromCharCode(this.#block[156]!);
    if (!isHeader(this.#block)) {
      this.#ended = true; // the parser says what is broken
      return;
    }
    if (!known.has(type)) {
      throw new PaiError(
        `${this.#what}: a member has the type ${JSON.stringify(type)}, not a file's or folder's`,
        {
          code: "UnsupportedArchive",
        },
      );
    }
    let size = numberAt(this.#block.subarray(124, 136));
    if (!/[xgLK]/.test(type)) {
      size = this.#paxSize ?? size;
      this.#paxSize = undefined;
    }
    if (withoutContent.has(type)) size = 0;
    this.#skip = size + (512 - size % 512) % 512;
    if (type === "x" && size > 0 && size <= longestHeader) this.#pax = new Uint8Array(size);
  }
}

/** Whether a block has the sum that headers have: of all its bytes, with spaces for the sum itself. */
function isHeader(block: Uint8Array): boolean {
  const sum = block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
  return numberAt(block.subarray(148, 156)) === sum;
}

/** A number of a header: octal digits, or big-endian bytes after a set bit, as GNU writes what is too large. */
function numberAt(field: Uint8Array): number {
  if (field[0]! & 0x80) return field.subarray(1).reduce((sum, byte) => sum * 256 + byte, field[0]! & 0x7f);
  return parseInt(String.fromCharCode(...field).replace(/^[ \0]+/, ""), 8) || 0;
}
