import type { Reading } from "./answer-stream.ts";

/** Reads the chunks of a body as they come. */
export const byteReading: Reading<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> = {
  framing: { push: (chunk) => chunk.length ? [chunk] : [], end: () => [] },
  toItem: (chunk) => chunk,
  endsWithBody: true,
};
