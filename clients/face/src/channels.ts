import type { Affine } from "./affine.ts";
import { compose, invert, moved } from "./affine.ts";
import { balancedGains } from "./colors.ts";
import { redness } from "./lab.ts";
import { clamped, linear, variance } from "./numbers.ts";
import type { Picture, Pixels } from "./picture.ts";
import { PIXEL, shrunk } from "./picture.ts";
import type { Plane } from "./planes.ts";
import { filtered, gaussian, halved, plane, reflections } from "./planes.ts";
import { warped } from "./warp.ts";

export const WIDTH = 360; // of the eye-level crop
export const HEIGHT = 420;
export const CHANNELS = 10;
const EYE_SPAN = 150; // crop pixels between the outer corners of the eyes
const EYE_ROW = 172;
const OUTER_CORNERS = [33, 263] as const;
const FACE = { top: 140, bottom: 300, left: 90, right: 270 }; // middle of the face in the crop
const MIDDLE = { top: 70, bottom: 150, left: 45, right: 135, step: 2 }; // in the maps
const STRIDE = 2; // crop pixels per cell of the maps
const CELL_GAIN = 140;
type Eight<T> = [T, T, T, T, T, T, T, T];
const [LIGHT_GAIN, RED_GAIN] = [4.4, 8]; // at most
const SPREAD = 40;

/** Return the similarity from picture pixels to those of the eye-level crop, for the 478 points of a mesh. */
export function cropMatrix(points: ArrayLike<number>): Affine {
  const [right, left] = [3 * OUTER_CORNERS[0], 3 * OUTER_CORNERS[1]];
  const [ax, ay, bx, by] = [points[right]!, points[right + 1]!, points[left]!, points[left + 1]!];
  const span = Math.hypot(bx - ax, by - ay);
  const [cos, sin] = [(((bx - ax) / span) * EYE_SPAN) / span, (((by - ay) / span) * EYE_SPAN) / span];
  const [x, y] = [(ax + bx) / 2, (ay + by) / 2];
  return [cos, sin, WIDTH / 2 - 0.5 - cos * x - sin * y, -sin, cos, EYE_ROW + sin * x - cos * y];
}

/** Return the eye-level crop of the face with this mesh, averaged first if the picture has more than twice the pixels. */
export function eyeLevelCrop(picture: Picture, points: ArrayLike<number>): Pixels {
  let matrix = compose(cropMatrix(points), invert(picture.toPixels));
  let { pixels } = picture;
  const factor = Math.max(Math.floor(0.75 / Math.hypot(matrix[0], matrix[3])), 1);
  if (factor > 1) [pixels, matrix] = shrunkPart(pixels, matrix, factor);
  return warped(pixels, invert(matrix), WIDTH, HEIGHT, true);
}

function shrunkPart(pixels: Pixels, matrix: Affine, factor: number): [Pixels, Affine] {
  const inverse = invert(matrix);
  const corners = [[0, 0], [WIDTH, 0], [0, HEIGHT], [WIDTH, HEIGHT]].map(([x, y]) => moved(inverse, x!, y!));
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const left = Math.max(Math.floor(Math.min(...xs)) - 2 * factor, 0);
  const top = Math.max(Math.floor(Math.min(...ys)) - 2 * factor, 0);
  const right = Math.min(Math.ceil(Math.max(...xs)) + 2 * factor, pixels.width);
  const bottom = Math.min(Math.ceil(Math.max(...ys)) + 2 * factor, pixels.height);
  const shift = (factor - 1) / 2;
  const small = shrunk(pixels, factor, { left, top, right, bottom });
  return [small, compose(matrix, [factor, 0, left + shift, 0, factor, top + shift])];
}

/** Ten maps of half the crop's size, 0-255, the channels of a cell side by side. */
export interface Maps {
  values: Uint8Array;
  width: number;
  height: number;
}

/** Return the maps of a crop: eight directions of the gradient of lightness, lightness, redness. */
export function makeChannels(crop: Pixels): Maps {
  const gains = balancedGains(crop, FACE);
  const light = filtered(lightness(crop, gains[0]), gaussian(5, 0.8));
  const red = filtered(redness(shrunk(crop, 2), gains), gaussian(5, 0.75));
  const planes = [...directionShares(sumGradients(light)), centred(halved(light), LIGHT_GAIN), centred(red, RED_GAIN)];
  const values = new Uint8Array(red.values.length * CHANNELS);
  planes.forEach(({ values: from }, channel) => {
    for (let cell = 0; cell < from.length; cell++) values[cell * CHANNELS + channel] = clamped(from[cell]!, 0, 255);
  });
  return { values, width: red.width, height: red.height };
}

/** L* of CIE Lab, 0-255, of the levels of sRGB. */
const LIGHTNESS = Float32Array.from({ length: 256 }, (_, index) => {
  const light = linear(index);
  return Math.round((light > 0.008856 ? 116 * Math.cbrt(light) - 16 : 903.3 * light) * 2.55);
});

function lightness({ data, width, height }: Pixels, redGain: number): Plane {
  const to = plane(width, height);
  for (let from = 0, at = 0; at < to.values.length; from += PIXEL, at++) {
    const luma = Math.round(0.3 * redGain * data[from]! + 0.7 * data[from + 1]!);
    to.values[at] = LIGHTNESS[Math.min(luma, 255)]!;
  }
  return to;
}

/** Return means over cells: p², (p + q)², q², (q - p)² where these are positive, p², pq, q², and the strength. */
function sumGradients({ values: light, width, height }: Plane): Plane[] {
  const cells = Array.from({ length: 8 }, () => plane(width / STRIDE, height / STRIDE));
  const [s0, s1, s2, s3, s4, s5, s6, s7] = cells.map(({ values }) => values) as Eight<Float32Array>;
  const columns = reflections(width, 3);
  const rows = reflections(height, 3);
  for (let y = 0; y < height; y++) {
    const [above, line, below] = [rows[y]! * width, y * width, rows[y + 2]! * width];
    const row = (y >> 1) * (width / STRIDE);
    for (let x = 0; x < width; x++) {
      const across = light[line + columns[x + 2]!]! - light[line + columns[x]!]!;
      const down = light[below + x]! - light[above + x]!;
      const strength = Math.sqrt(across * across + down * down);
      const root = 2 * Math.sqrt(strength + 1e-3); // a quarter of each square: four pixels are a cell
      const [p, q, cell] = [across / root, down / root, row + (x >> 1)];
      if (p > 0) s0[cell]! += p * p;
      if (p + q > 0) s1[cell]! += (p + q) * (p + q);
      if (q > 0) s2[cell]! += q * q;
      if (q - p > 0) s3[cell]! += (q - p) * (q - p);
      s4[cell]! += p * p;
      s5[cell]! += p * q;
      s6[cell]! += q * q;
      s7[cell]! += strength / 4;
    }
  }
  return cells;
}

/** Return the shares (cos²) of eight directions in the gradient around. */
function directionShares(sums: Plane[]): Plane[] {
  const around = filtered(sums[7]!, new Float32Array(21).fill(1 / 21));
  const blur = gaussian(7, 1);
  const smooth = sums.slice(0, 7).map((each) => filtered(each, blur).values);
  const shares = Array.from({ length: 8 }, () => plane(around.width, around.height));
  for (let index = 0; index < 4; index++) {
    const [ahead, behind] = [shares[index]!.values, shares[index + 4]!.values];
    for (let cell = 0; cell < ahead.length; cell++) {
      const gain = CELL_GAIN ** 2 / (around.values[cell]! + 2);
      // p + q and q - p are longer than the gradient's parts along them; a gradient is ahead or behind
      const one = smooth[index]![cell]! * (index % 2 ? 0.5 : 1);
      ahead[cell] = rootOf(one * gain);
      behind[cell] = rootOf((bothWays(smooth, index, cell) - one) * gain);
    }
  }
  return shares;
}

function bothWays(smooth: Float32Array[], index: number, cell: number): number {
  if (index % 2 === 0) return smooth[4 + index]![cell]!;
  const half = (smooth[4]![cell]! + smooth[6]![cell]!) / 2;
  return index === 1 ? half + smooth[5]![cell]! : half - smooth[5]![cell]!;
}

const rootOf = (value: number): number => Math.sqrt(clamped(value, 0, 255 ** 2));

/** Return a plane with the median of the middle of the face at 128 and one spread for all. */
function centred(from: Plane, maxGain: number): Plane {
  const middle: number[] = [];
  for (let y = MIDDLE.top; y < MIDDLE.bottom; y += MIDDLE.step) {
    for (let x = MIDDLE.left; x < MIDDLE.right; x += MIDDLE.step) middle.push(from.values[y * from.width + x]!);
  }
  middle.sort((one, other) => one - other);
  const median = (middle[middle.length / 2 - 1]! + middle[middle.length / 2]!) / 2;
  const gain = Math.min(SPREAD / Math.max(Math.sqrt(variance(middle)), 1), maxGain);
  return { ...from, values: from.values.map((value) => (value - median) * gain + 128) };
}
