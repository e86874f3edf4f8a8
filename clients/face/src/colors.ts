import { clamped } from "./numbers.ts";
import { PIXEL } from "./picture.ts";
import type { Part, Pixels } from "./picture.ts";

const [RED, BLUE] = [1.28, 0.9]; // against green, of faces in even light
const MAX_GAIN = 1.6;
const LEAST = 1e-3;

/** Return gains of red, green and blue after which the middle of a face has the colour proportions of daylight. */
export function balancedGains(crop: Pixels, { top, bottom, left, right }: Part): [number, number, number] {
  const sums = [0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const at = (y * crop.width + x) * PIXEL;
      for (let channel = 0; channel < 3; channel++) sums[channel]! += crop.data[at + channel]!;
    }
  }
  const count = (bottom - top) * (right - left);
  const green = sums[1]! / count;
  const gains = [RED, 1, BLUE].map((share, channel) => {
    const gain = (share * green + LEAST) / (sums[channel]! / count + LEAST);
    return clamped(gain, 1 / MAX_GAIN, MAX_GAIN);
  });
  return [gains[0]!, gains[1]!, gains[2]!];
}
