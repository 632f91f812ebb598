import type { GreyImage } from "./png.ts";

/** The image as a square of so many pixels, each the mean of what it covers, from 0 (black) to 1. */
export function shrink({ width, height, pixels }: GreyImage, side: number): Float32Array<ArrayBuffer> {
  const small = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    const [top, bottom] = range(y, height, side);
    for (let x = 0; x < side; x++) {
      const [left, right] = range(x, width, side);
      let sum = 0;
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) sum += pixels[row * width + column]!;
      }
      small[y * side + x] = sum / ((bottom - top) * (right - left) * 255);
    }
  }
  return small;
}

/** From where to where one of the small pixels goes; at least one of the large. */
function range(at: number, length: number, side: number): [from: number, to: number] {
  const from = Math.floor(at * length / side);
  return [from, Math.max(from + 1, Math.floor((at + 1) * length / side))];
}
