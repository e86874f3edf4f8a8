import type { Affine } from "./affine.ts";
import { compose } from "./affine.ts";
import type { Picture, Pixels } from "./picture.ts";
import { warped } from "./warp.ts";

/** A turned square: its middle and side in upright full-size pixels, its angle in radians, clockwise as seen. */
export interface Region {
  x: number;
  y: number;
  side: number;
  angle: number;
}

/** Return the affine from fractions of the region to upright pixels. */
export function regionMatrix({ x, y, side, angle }: Region): Affine {
  const [across, down] = [Math.cos(angle) * side, Math.sin(angle) * side];
  return [across, -down, x - 0.5 * (across - down), down, across, y - 0.5 * (down + across)];
}

/** Return the region at `side` x `side` pixels, black beyond the picture; pixel j shows the fraction j / side of it. */
export function cropRegion(picture: Picture, region: Region, side: number): Pixels {
  const toPixels = compose(picture.toPixels, regionMatrix(region));
  return warped(picture.pixels, compose(toPixels, [1 / side, 0, 0, 0, 1 / side, 0]), side, side, false);
}
