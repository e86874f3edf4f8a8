import type { Affine } from "./affine.ts";
import { PIXEL } from "./picture.ts";
import type { Pixels } from "./picture.ts";

const STEPS = 1024; // of a pixel, in which the way along a row and down a column is rounded
const FRACTIONS = 32; // of a pixel, at which colours are mixed
const SHIFT = 5; // from steps to fractions

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
function mix(from: Pixels, x: number, y: number, data: Uint8ClampedArray, to: number, repeats: boolean): void {
  const { width, height } = from;
  const [left, top] = [x >> SHIFT, y >> SHIFT];
  const [right, low] = [x & (FRACTIONS - 1), y & (FRACTIONS - 1)];
  const weights = [
    (FRACTIONS - right) * (FRACTIONS - low),
    right * (FRACTIONS - low),
    (FRACTIONS - right) * low,
    right * low,
  ] as const;
  let [red, green, blue] = [0.5, 0.5, 0.5]; // halves are rounded up
  for (let corner = 0; corner < 4; corner++) {
    let [column, row] = [left + (corner & 1), top + (corner >> 1)];
    if (repeats) {
      column = Math.min(Math.max(column, 0), width - 1);
      row = Math.min(Math.max(row, 0), height - 1);
    } else if (column < 0 || row < 0 || column >= width || row >= height) continue;
    const at = (row * width + column) * PIXEL;
    const weight = weights[corner]! / (FRACTIONS * FRACTIONS);
    red += weight * from.data[at]!;
    green += weight * from.data[at + 1]!;
    blue += weight * from.data[at + 2]!;
  }
  data[to] = Math.floor(red);
  data[to + 1] = Math.floor(green);
  data[to + 2] = Math.floor(blue);
}
