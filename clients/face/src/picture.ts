import type { Affine } from "./affine.ts";
import { compose } from "./affine.ts";

/** Pixels of 8 bits, row by row: red, green, blue and one that is not used. */
export interface Pixels {
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
}

export const PIXEL = 4;
const MIN_LONG_SIDE = 450; // px that the detector gets, at least
const SUFFICIENT_FACE = 170; // px: a face of this width fills the input of the mesh network
const WHOLE_PIXELS = 2048 * 1536; // larger pictures are reduced in one step, as a decoder does

/** A picture, possibly reduced, and the way from its full-size coordinates to its pixels. */
export interface Picture {
  pixels: Pixels;
  toPixels: Affine;
  /** Size at full size. */
  width: number;
  height: number;
  /** Full-size pixels per pixel. */
  reduction: number;
}

/** Return a picture at 1 / `reduction` of its size. */
export function reduced(full: Pixels, reduction: number): Picture {
  const isLarge = full.width * full.height > WHOLE_PIXELS;
  let pixels = full;
  if (isLarge && reduction > 1) pixels = shrunk(full, reduction);
  else for (let made = 1; made < reduction; made *= 2) pixels = shrunk(pixels, 2);
  // a pixel's centre lies half a pixel from its corner, at full size and reduced alike

  const scale = 1 / reduction;
  const toPixels: Affine = [scale, 0, scale / 2 - 0.5, 0, scale, scale / 2 - 0.5];
  return { pixels, toPixels, width: full.width, height: full.height, reduction };
}

/** Return the mirror image, of the same pixels. */
export function mirrored(picture: Picture): Picture {
  return { ...picture, toPixels: compose(picture.toPixels, [-1, 0, picture.width - 1, 0, 1, 0]) };
}

/** Return the largest reduction that leaves the detector enough pixels. */
export function firstReduction(width: number, height: number): number {
  return [8, 4, 2].find((factor) => Math.max(width, height) / factor >= MIN_LONG_SIDE) ?? 1;
}

/** Return the reduction at which a detected face of this width in pixels is looked at. */
export function reductionForFace(picture: Picture, faceWidth: number): number {
  const { reduction } = picture;
  if (reduction <= 1 || faceWidth / reduction >= SUFFICIENT_FACE) return reduction;
  return [4, 2].find((factor) => factor < reduction && faceWidth / factor >= SUFFICIENT_FACE) ?? 1;
}

/** Rows and columns of a picture, the ends excluded. */
export interface Part {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Return means of 2 x 2 pixels; halves are rounded up. */
function halved({ data: from, width: given, height: rows }: Pixels): Pixels {
  const [width, height] = [given >> 1, rows >> 1];
  const data = new Uint8ClampedArray(width * height * PIXEL);
  for (let y = 0, to = 0; y < height; y++) {
    let first = 2 * y * given * PIXEL;
    for (let x = 0; x < width; x++, to += PIXEL, first += 2 * PIXEL) {
      const below = first + given * PIXEL;
      for (let at = 0; at < 3; at++) {
        const sum = from[first + at]! + from[first + PIXEL + at]! + from[below + at]! + from[below + PIXEL + at]!;
        data[to + at] = (sum + 2) >> 2;
      }
    }
  }
  return { data, width, height };
}

/** Return means of `factor` x `factor` pixels of a part, without the last rows and columns that fill none. */
export function shrunk(from: Pixels, factor: number, part?: Part): Pixels {
  if (factor === 2 && !part) return halved(from);
  const { left, top, right, bottom } = part ?? { left: 0, top: 0, right: from.width, bottom: from.height };
  const [width, height] = [Math.floor((right - left) / factor), Math.floor((bottom - top) / factor)];
  const data = new Uint8ClampedArray(width * height * PIXEL);
  // two by two, halves are rounded up; other means to the even number, as a Uint8ClampedArray does
  const half = factor === 2 ? 1e-3 : 0;
  const [count, beyond] = [factor * factor, (from.width - factor) * PIXEL];
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += PIXEL) {
      let at = ((top + y * factor) * from.width + left + x * factor) * PIXEL;
      let [red, green, blue] = [0, 0, 0];
      for (let row = 0; row < factor; row++, at += beyond) {
        for (let column = 0; column < factor; column++, at += PIXEL) {
          red += from.data[at]!;
          green += from.data[at + 1]!;
          blue += from.data[at + 2]!;
        }
      }
      data[to] = red / count + half;
      data[to + 1] = green / count + half;
      data[to + 2] = blue / count + half;
    }
  }
  return { data, width, height };
}

/**
 * Return whether the right half has less green, which no white balance changes.
 *
 * quarterTurns: of what is seen upright, clockwise in the picture; its right is then at the bottom, left or top.
 */
export function isDarkerOnTheRight({ pixels, toPixels }: Picture, quarterTurns = 0): boolean {
  const directions = [[1, 0], [0, 1], [-1, 0], [0, -1]] as const;
  const [x, y] = directions[((quarterTurns % 4) + 4) % 4]!;
  const [a, b, , d, e] = toPixels;
  const [rightX, rightY] = [a * x + b * y, d * x + e * y];
  const isAcross = Math.abs(rightX) > Math.abs(rightY);
  const length = isAcross ? pixels.width : pixels.height;
  const half = Math.floor(length / 2);
  const [first, last] = [greenBetween(pixels, isAcross, 0, half), greenBetween(pixels, isAcross, length - half, length)];
  return (isAcross ? rightX : rightY) > 0 ? last < first : first < last;
}

function greenBetween({ data, width, height }: Pixels, isAcross: boolean, from: number, to: number): number {
  const [x0, x1, y0, y1] = isAcross ? [from, to, 0, height] : [0, width, from, to];
  let sum = 0;
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) sum += data[(y * width + x) * PIXEL + 1]!;
  return sum;
}
