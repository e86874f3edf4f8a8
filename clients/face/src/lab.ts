import { clamped, linear } from "./numbers.ts";
import type { Pixels } from "./picture.ts";
import { PIXEL } from "./picture.ts";
import type { Plane } from "./planes.ts";
import { plane } from "./planes.ts";

// whole numbers as OpenCV's conversion of 8 bits has them, so that a browser and the service see the same level
const GAMMA_BITS = 3;
const SHIFT = 12;
const ROOT_SHIFT = SHIFT + GAMMA_BITS;
const WHITE_X = 0.950456;
const X_WEIGHTS = [0.412453, 0.35758, 0.180423].map((weight) => Math.round((weight / WHITE_X) * 2 ** SHIFT));
const Y_WEIGHTS = [0.212671, 0.71516, 0.072169].map((weight) => Math.round(weight * 2 ** SHIFT));

const LINEAR = Int32Array.from({ length: 256 }, (_, level) => Math.round(255 * 2 ** GAMMA_BITS * linear(level)));
const ROOTS = Int32Array.from({ length: (256 * 3 * 2 ** GAMMA_BITS) / 2 }, (_, index) => {
  const share = index / (255 * 2 ** GAMMA_BITS);
  return Math.round(2 ** ROOT_SHIFT * (share < 0.008856 ? share * 7.787 + 0.13793103448275862 : Math.cbrt(share)));
});

/** Return a* of CIE Lab, in steps of 8 bits, of a picture whose colours are multiplied by `gains`. */
export function redness({ data, width, height }: Pixels, gains: readonly [number, number, number]): Plane {
  const to = plane(width, height);
  for (let from = 0, at = 0; at < to.values.length; from += PIXEL, at++) {
    const red = LINEAR[Math.min(Math.round(data[from]! * gains[0]), 255)]!;
    const green = LINEAR[Math.min(Math.round(data[from + 1]! * gains[1]), 255)]!;
    const blue = LINEAR[Math.min(Math.round(data[from + 2]! * gains[2]), 255)]!;
    const x = rootOfMix(X_WEIGHTS, red, green, blue);
    const y = rootOfMix(Y_WEIGHTS, red, green, blue);
    to.values[at] = clamped(descaled(500 * (x - y) + 128 * 2 ** ROOT_SHIFT, ROOT_SHIFT), 0, 255);
  }
  return to;
}

function rootOfMix(weights: number[], red: number, green: number, blue: number): number {
  return ROOTS[descaled(weights[0]! * red + weights[1]! * green + weights[2]! * blue, SHIFT)]!;
}

const descaled = (value: number, bits: number): number => (value + (1 << (bits - 1))) >> bits;
