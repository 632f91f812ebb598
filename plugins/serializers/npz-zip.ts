import { Inflate } from "fflate";

/** What a file of a zip archive is called, and what is in it. */
export type ZipFile = readonly [name: string, content: Uint8Array<ArrayBuffer>];

/** An entry of the directory at an archive's end. */
interface Entry {
  readonly name: string;
  readonly crc: number;
  /** Bytes of the file. */
  readonly size: number;
  readonly isDeflated: boolean;
  /** The file as it lies in the archive. */
  readonly stored: Uint8Array<ArrayBuffer>;
}

/** Bytes that can be made of one by decompressing it: 258 of two bits. */
const mostOfOne = 1032;

/** Bytes that are decompressed before the number of those made of them is checked. */
const step = 16_384;

/**
 * Reads the files of a zip archive. One that is stored as it is comes as a view on the archive.
 *
 * fflate's own reader trusts what an archive says of itself: this one checks sizes, before anything is decompressed and
 * while it is, and checksums.
 *
 * @throws {SyntaxError} when the bytes are not such an archive.
 * @throws {RangeError} when the files take more than `maxBytes`.
 */
export function readZip(archive: Uint8Array<ArrayBuffer>, maxBytes: number): ZipFile[] {
  const entries = readDirectory(archive);
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) {
    throw new RangeError(`Cannot read .npz: it holds ${total} bytes, more than ${maxBytes}`);
  }
  const table = crcTable();
  return entries.map((entry) => {
    const content = entry.isDeflated ? inflate(entry) : entry.stored;
    if (content.length !== entry.size) throw broken("has another length than it says", entry.name);
    if (crc32(content, table) !== entry.crc) throw broken("has another checksum than it says", entry.name);
    return [entry.name, content];
  });
}

function readDirectory(archive: Uint8Array<ArrayBuffer>): Entry[] {
  const { length } = archive;
  const view = new DataView(archive.buffer, archive.byteOffset, length);
  const u16 = (at: number): number => view.getUint16(at, true);
  const u32 = (at: number): number => view.getUint32(at, true);
  const isEnd = (at: number): boolean => u32(at) === 0x06054b50 && u16(at + 20) === length - at - 22;
  let end = length - 22; // a comment of up to 65535 bytes may follow
  while (end >= 0 && end >= length - 22 - 65_535 && !isEnd(end)) end--;
  if (end < 0 || !isEnd(end)) {
    const beginning = JSON.stringify(String.fromCharCode(...archive.subarray(0, 8)));
    throw broken(`is no zip archive or breaks off: byte 0 begins ${beginning}`);
  }

  const entries: Entry[] = [];
  let at = u32(end + 16), unread = at; // the files stand before the directory
  try {
    for (let i = u16(end + 10); i > 0; i--) {
      const offset = u32(at + 42), size = u32(at + 24), storedSize = u32(at + 20), method = u16(at + 10);
      const name = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true })
        .decode(archive.subarray(at + 46, at + 46 + u16(at + 28)));
      const start = offset + 30 + u16(offset + 26) + u16(offset + 28);
      const isSigned = u32(at) === 0x02014b50 && u32(offset) === 0x04034b50;
      if (!isSigned || start + storedSize > end || size > storedSize * mostOfOne) {
        throw broken("is damaged", name);
      }
      if (u16(at + 8) & 1 || (method && method !== 8)) {
        throw broken("is encrypted or compressed in an unknown way", name);
      }
      unread -= storedSize;
      if (unread < 0) throw broken("overlaps others", name); // a way to make much of little
      const stored = archive.subarray(start, start + storedSize);
      entries.push({ name, crc: u32(at + 16), size, isDeflated: method === 8, stored });
      at += 46 + u16(at + 28) + u16(at + 30) + u16(at + 32);
    }
  } catch (cause) {
    if (cause instanceof SyntaxError) throw cause;
    throw broken(`is damaged near byte ${at}`); // an offset out of bounds, or a name that is no UTF-8
  }
  return entries;
}

function inflate({ name, size, stored }: Entry): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(size);
  let length = 0;
  const inflater = new Inflate((chunk) => {
    if (length + chunk.length > size) throw broken("is longer than it says", name);
    content.set(chunk, length);
    length += chunk.length;
  });
  try {
    for (let at = 0; at < stored.length; at += step) {
      inflater.push(stored.subarray(at, at + step), at + step >= stored.length);
    }
  } catch (cause) {
    if (cause instanceof SyntaxError) throw cause;
    throw broken("can't be decompressed", name);
  }
  return content.subarray(0, length);
}

/** Makes the error of an archive, or of one of its files. */
function broken(what: string, name?: string): SyntaxError {
  return new SyntaxError(
    `Cannot read .npz: ${name === undefined ? "it" : JSON.stringify(name.slice(0, 40))} ${what}`,
  );
}

/** What each value of a byte does to a CRC-32. */
function crcTable(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? byte >>> 1 ^ 0xedb88320 : byte >>> 1;
    return byte;
  });
}

function crc32(bytes: Uint8Array, table: Int32Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 255]! ^ crc >>> 8; // for…of takes three times as long
  return ~crc >>> 0;
}
