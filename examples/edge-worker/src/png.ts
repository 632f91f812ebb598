/**
 * Reads PNG files with eight bits a channel, grey or in colour, with or without transparency, not interlaced: what
 * canvases and cameras write. An edge worker has no decoder of its own, but it has one for what is inside.
 *
 * Source: https://www.w3.org/TR/png-3/.
 *
 * @module
 */

/** An image with one byte a pixel, row by row, 0 for black. */
export interface GreyImage {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/** The file is no PNG, or of a kind that isn't read here. */
export class PngError extends Error {}

/** Channels by colour type: grey, colours, grey and transparency, colours and transparency. */
const channelsOf: { readonly [type: number]: number } = { 0: 1, 2: 3, 4: 2, 6: 4 };
/** Most pixels of an image, since a short file can hold a large one. */
const maxPixels = 4_000_000;

/** @throws {PngError} when the file can't be read. */
export async function decodePng(file: Uint8Array<ArrayBuffer>): Promise<GreyImage> {
  const { header, data } = readChunks(file);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, type, , , interlace] = header.subarray(8);
  const channels = channelsOf[type!];
  if (depth !== 8 || !channels || interlace) {
    throw new PngError("Send a PNG with 8 bits a channel, no palette");
  }
  if (!(width * height > 0 && width * height <= maxPixels)) {
    throw new PngError(`The image is ${width} × ${height}; send at most ${maxPixels} pixels`);
  }
  const stride = width * channels;
  const bytes = unfilter(await inflate(data, height * (stride + 1)), stride, channels);
  return { width, height, pixels: channels === 1 ? bytes : toGrey(bytes, channels) };
}

/** The header, and the pieces of the compressed pixels. Checksums are left to the sender's connection. */
function readChunks(file: Uint8Array<ArrayBuffer>): { header: Uint8Array; data: Blob } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 33 || view.getBigUint64(0) !== 0x89504e47_0d0a1a0an) {
    throw new PngError("The image is no PNG");
  }
  const data: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at + 12 <= file.length;) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (at === 8 && (name !== "IHDR" || length !== 13)) {
      throw new PngError("The PNG doesn't begin with its header");
    }
    if (name === "IDAT") data.push(file.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return { header: file.subarray(16, 29), data: new Blob(data) };
}

/** Inflates to just so many bytes, however many there would be. */
async function inflate(data: Blob, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  try {
    for await (const chunk of data.stream().pipeThrough(new DecompressionStream("deflate"))) {
      if (filled + chunk.length > length) break;
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
  } catch {
    // what is missing is missing
  }
  if (filled !== length) throw new PngError("The PNG is damaged");
  return bytes;
}

/** Takes the filters off, each row by its own: what is there is the difference to what is left, above or both. */
function unfilter(filtered: Uint8Array, stride: number, channels: number): Uint8Array {
  const rows = filtered.length / (stride + 1);
  const out = new Uint8Array(rows * stride);
  for (let row = 0; row < rows; row++) {
    const filter = filtered[row * (stride + 1)]!, from = row * (stride + 1) + 1, to = row * stride;
    for (let i = 0; i < stride; i++) {
      const left = i < channels ? 0 : out[to + i - channels]!;
      const above = row ? out[to + i - stride]! : 0;
      const corner = row && i >= channels ? out[to + i - stride - channels]! : 0;
      out[to + i] = filtered[from + i]! + predicted(filter, left, above, corner);
    }
  }
  return out;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  if (filter !== 4) throw new PngError("The PNG is damaged");
  const [a, b, c] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

/** Luminance by ITU-R BT.601; what is transparent is black. */
function toGrey(bytes: Uint8Array, channels: number): Uint8Array {
  return Uint8Array.from({ length: bytes.length / channels }, (_, pixel) => {
    const at = pixel * channels;
    const grey = channels < 3
      ? bytes[at]!
      : 0.299 * bytes[at]! + 0.587 * bytes[at + 1]! + 0.114 * bytes[at + 2]!;
    return channels % 2 ? Math.round(grey) : Math.round(grey * bytes[at + channels - 1]! / 255);
  });
}
