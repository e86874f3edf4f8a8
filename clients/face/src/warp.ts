import type { Affine } from "./affine.ts";
import { clamped } from "./numbers.ts";
import { PIXEL } from "./picture.ts";
import type { Pixels } from "./picture.ts";

const STEPS = 1024; // of a pixel, in which the way along a row and down a column is rounded
const FRACTIONS = 32; // of a pixel, at which colours are mixed
const SHIFT = 5; // from steps to fractions
const HALF = (FRACTIONS * FRACTIONS) / 2;

/**
 * Return `width` x `height` pixels: that at (x, y) has the colour of `from` at `inverse` of (x, y), mixed bilinearly.
 *
 * Positions are rounded as OpenCV's warpAffine does, so that a browser and the service see the same crop. Beyond the
 * border everything is black, or, with `repeats`, as the nearest pixel.
 */
export function warped(from: Pixels, inverse: Affine, width: number, height: number, repeats: boolean): Pixels {
  const [a, b, c, d, e, f] = inverse;
  const data = new Uint8ClampedArray(width * height * PIXEL);
  const across = new Int32Array(width);
  const down = new Int32Array(width);
  for (let x = 0; x < width; x++) {
    across[x] = Math.round(a * x * STEPS);
    down[x] = Math.round(d * x * STEPS);
  }
  const half = STEPS / FRACTIONS / 2;
  for (let y = 0, to = 0; y < height; y++) {
    const rowX = Math.round((b * y + c) * STEPS) + half;
    const rowY = Math.round((e * y + f) * STEPS) + half;
    for (let x = 0; x < width; x++, to += PIXEL) {
      mix(from, (rowX + across[x]!) >> SHIFT, (rowY + down[x]!) >> SHIFT, data, to, repeats);
    }
  }
  return { data, width, height };
}

/** Return one pixel for each of `places`, x and y in pixels of `from`; positions are rounded as OpenCV's remap does. */
export function sampled(from: Pixels, places: Float64Array, width: number, height: number): Pixels {
  const data = new Uint8ClampedArray(width * height * PIXEL);
  for (let index = 0; index < width * height; index++) {
    const [x, y] = [places[2 * index]!, places[2 * index + 1]!];
    mix(from, Math.round(x * FRACTIONS), Math.round(y * FRACTIONS), data, index * PIXEL, true);
  }
  return { data, width, height };
}

/** Mix the four pixels around a position in fractions of a pixel. */
function mix(from: Pixels, x: number, y: number, to: Uint8ClampedArray, at: number, repeats: boolean): void {
  const { data, width, height } = from;
  const left = x >> SHIFT;
  const top = y >> SHIFT;
  if (left < 0 || top < 0 || left >= width - 1 || top >= height - 1) {
    mixAtBorder(from, x, y, to, at, repeats);
    return;
  }
  const right = x & (FRACTIONS - 1);
  const low = y & (FRACTIONS - 1);
  const first = (top * width + left) * PIXEL;
  const below = first + width * PIXEL;
  for (let channel = 0; channel < 3; channel++) {
    const upper = data[first + channel]! * (FRACTIONS - right) + data[first + PIXEL + channel]! * right;
    const lower = data[below + channel]! * (FRACTIONS - right) + data[below + PIXEL + channel]! * right;
    to[at + channel] = (upper * (FRACTIONS - low) + lower * low + HALF) >> (2 * SHIFT); // halves are rounded up
  }
}

function mixAtBorder(from: Pixels, x: number, y: number, to: Uint8ClampedArray, at: number, repeats: boolean): void {
  const { data, width, height } = from;
  const [right, low] = [x & (FRACTIONS - 1), y & (FRACTIONS - 1)];
  for (let channel = 0; channel < 3; channel++) {
    let sum = HALF;
    for (let corner = 0; corner < 4; corner++) {
      const [column, row] = [(x >> SHIFT) + (corner & 1), (y >> SHIFT) + (corner >> 1)];
      const [inColumn, inRow] = [clamped(column, 0, width - 1), clamped(row, 0, height - 1)];
      if (!repeats && (column !== inColumn || row !== inRow)) continue;
      const weight = (corner & 1 ? right : FRACTIONS - right) * (corner >> 1 ? low : FRACTIONS - low);
      sum += weight * data[(inRow * width + inColumn) * PIXEL + channel]!;
    }
    to[at + channel] = sum >> (2 * SHIFT);
  }
}
