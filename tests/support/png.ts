/** How a row differs from its neighbours in a PNG: 0 none, 1 left, 2 above, 3 mean, 4 Paeth. */
export type PngFilter = 0 | 1 | 2 | 3 | 4;

/** Options of {@linkcode encodePng}. */
export interface PngOptions {
  /** 0 grey, 2 colours, 4 grey and transparency, 6 colours and transparency. @default {0} */
  colorType?: number;
  depth?: number;
  interlace?: number;
  /** Filter of each row. @default {none} */
  filter?: (row: number) => PngFilter;
  /** Longest piece of the compressed data in a chunk. @default {all} */
  pieces?: number;
}

const channelsOf: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Writes a PNG of raw channels, with its own eyes: nothing is shared with the reader that it tests. */
export async function encodePng(
  width: number,
  height: number,
  raw: Uint8Array,
  { colorType = 0, depth = 8, interlace = 0, filter = () => 0, pieces = Infinity }: PngOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const bpp = channelsOf[colorType]!, stride = width * bpp;
  const lines: number[] = [];
  const at = (row: number, i: number): number => row < 0 || i < 0 ? 0 : raw[row * stride + i]!;
  for (let row = 0; row < height; row++) {
    const kind = filter(row);
    lines.push(kind);
    for (let i = 0; i < stride; i++) {
      const [a, b, c] = [at(row, i - bpp), at(row - 1, i), i < bpp ? 0 : at(row - 1, i - bpp)];
      const guess = [0, a, b, Math.floor((a + b) / 2), paeth(a, b, c)][kind]!;
      lines.push((at(row, i) - guess) & 255);
    }
  }
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set([depth, colorType, 0, 0, interlace], 8);
  const stream = new Blob([Uint8Array.from(lines)]).stream().pipeThrough(new CompressionStream("deflate"));
  const data = new Uint8Array(await new Response(stream).arrayBuffer());
  const chunks = [chunk("IHDR", header), chunk("tEXt", new TextEncoder().encode("Title\0test"))];
  const step = Math.min(pieces, data.length);
  for (let from = 0; from < data.length; from += step) {
    chunks.push(chunk("IDAT", data.subarray(from, from + step)));
  }
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const blob = new Blob([signature, ...chunks, chunk("IEND", new Uint8Array())]);
  return new Uint8Array(await blob.arrayBuffer());
}

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c;
  return [a, b, c].reduce((best, value) => Math.abs(p - value) < Math.abs(p - best) ? value : best);
}

function chunk(name: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
