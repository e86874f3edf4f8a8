import { moved } from "./affine.ts";
import { cropMatrix } from "./channels.ts";
import { VERTICES } from "./landmarks.ts";
import { clamped, mean, variance } from "./numbers.ts";
import type { Pixels } from "./picture.ts";
import { PIXEL } from "./picture.ts";
import { reflections } from "./planes.ts";
import type { LookQuality } from "./types.ts";

const CLIPPED = 250;

/** Return the light of a face at its mesh points, and its sharpness; half: its eye-level crop at half the size. */
export function lightOf(half: Pixels, points: ArrayLike<number>): Pick<LookQuality, "luma" | "highlight" | "clipped" | "sharpness"> {
  const gray = grayOf(half);
  const matrix = cropMatrix(points);
  const luma = Array.from({ length: VERTICES }, (_, vertex) => {
    const [x, y] = moved(matrix, points[3 * vertex]!, points[3 * vertex + 1]!);
    const [column, row] = [Math.round(x / 2 - 0.25), Math.round(y / 2 - 0.25)];
    return gray[clamped(row, 0, half.height - 1) * half.width + clamped(column, 0, half.width - 1)]!;
  }).sort((one, other) => one - other);
  return {
    luma: mean(luma) / 255,
    highlight: luma[Math.round(0.95 * (VERTICES - 1))]! / 255,
    clipped: luma.filter((value) => value > CLIPPED).length / VERTICES,
    sharpness: (1000 * variance(laplacian(gray, half.width, half.height))) / Math.max(variance(gray), 1),
  };
}

/** Return the mean brightness of a picture, 0-1, from a sixteenth of its pixels. */
export function lumaOf({ data, width, height }: Pixels): number {
  let [sum, count] = [0, 0];
  for (let y = 0; y < height; y += 4) {
    for (let x = 0; x < width; x += 4, count += 3) {
      const at = (y * width + x) * PIXEL;
      sum += data[at]! + data[at + 1]! + data[at + 2]!;
    }
  }
  return sum / count / 255;
}

function grayOf({ data, width, height }: Pixels): Float64Array {
  return Float64Array.from({ length: width * height }, (_, pixel) => {
    const at = pixel * PIXEL;
    return Math.round(0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!);
  });
}

function laplacian(gray: Float64Array, width: number, height: number): Float64Array {
  const [columns, rows] = [reflections(width, 3), reflections(height, 3)];
  return gray.map((value, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    const beside = gray[y * width + columns[x]!]! + gray[y * width + columns[x + 2]!]!;
    return beside + gray[rows[y]! * width + x]! + gray[rows[y + 2]! * width + x]! - 4 * value;
  });
}
