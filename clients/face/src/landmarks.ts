import { moved } from "./affine.ts";
import { balancedGains } from "./colors.ts";
import { probability } from "./numbers.ts";
import type { Picture } from "./picture.ts";
import { PIXEL } from "./picture.ts";
import { cropRegion, regionMatrix } from "./region.ts";
import type { Region } from "./region.ts";
import type { Network } from "./runtime.ts";

export const VERTICES = 468;
export const MESH_SIDE = 256;
const MIDDLE = { top: 96, bottom: 176, left: 80, right: 176 }; // of a crop: from the brows to the mouth

export type Looks = 1 | 2;

/** 478 points in upright pixels, x, y and z each, and the probability of a face. */
export interface Mesh {
  points: Float64Array;
  presence: number;
}

/**
 * Return the mesh of the face in a region, in the colours of daylight: that of a plain look or, of two looks, the mean of
 * a plain and a mirrored one.
 *
 * mirror: index of each point's counterpart on the other half of the face.
 */
export async function findLandmarks(
  network: Network, picture: Picture, region: Region, mirror: ArrayLike<number>, looks: Looks,
): Promise<Mesh> {
  const input = balancedCrop(picture, region);
  const plain = await look(network, input);
  if (looks === 1) return toUpright(plain, region);
  const flipped = await look(network, flippedRows(input));
  const same = mirroredMesh(flipped, 2 - 1 / MESH_SIDE, mirror).points; // pixel j is pixel 255 - j of the mirrored crop
  return toUpright({ ...plain, points: plain.points.map((value, at) => (value + same[at]!) / 2) }, region);
}

/** Return the mesh of the face in a region from one look at its colours as they are. */
export async function findLandmarksOnce(network: Network, picture: Picture, region: Region): Promise<Mesh> {
  const { data } = cropRegion(picture, region, MESH_SIDE);
  return toUpright(await look(network, tensorOf(data, [1 / 255, 1 / 255, 1 / 255])), region);
}

/** Return the face in the mirror image of a picture `width` pixels wide, in which x becomes width - 1 - x. */
export function mirroredMesh({ points, presence }: Mesh, width: number, mirror: ArrayLike<number>): Mesh {
  const flipped = points.map((_, at) => {
    const value = points[3 * mirror[Math.floor(at / 3)]! + (at % 3)]!;
    return at % 3 === 0 ? width - 1 - value : value;
  });
  return { points: flipped, presence };
}

/** Return the input of the mesh network for a region, in the colours of daylight. */
export function balancedCrop(picture: Picture, region: Region): Float32Array {
  const crop = cropRegion(picture, region, MESH_SIDE);
  const [red, green, blue] = balancedGains(crop, MIDDLE);
  return tensorOf(crop.data, [red / 255, green / 255, blue / 255]);
}

function tensorOf(data: ArrayLike<number>, gains: readonly [number, number, number]): Float32Array {
  const tensor = new Float32Array((data.length / PIXEL) * 3);
  for (let from = 0, to = 0; from < data.length; from += PIXEL, to += 3) {
    for (let channel = 0; channel < 3; channel++) {
      tensor[to + channel] = Math.min(data[from + channel]! * gains[channel]!, 1);
    }
  }
  return tensor;
}

function flippedRows(tensor: Float32Array): Float32Array {
  const flipped = new Float32Array(tensor.length);
  for (let pixel = 0; pixel < MESH_SIDE * MESH_SIDE; pixel++) {
    const column = pixel % MESH_SIDE;
    const from = (pixel - column + MESH_SIDE - 1 - column) * 3;
    flipped.set(tensor.subarray(from, from + 3), pixel * 3);
  }
  return flipped;
}

/** Return fractions of the crop; of the outputs the first is the points, the second the presence as a logit. */
async function look(network: Network, input: Float32Array): Promise<Mesh> {
  const [points, presence] = await network.run(input);
  return { points: Float64Array.from(points!, (value) => value / MESH_SIDE), presence: probability(presence![0]!) };
}

function toUpright({ points: fractions, presence }: Mesh, region: Region): Mesh {
  const matrix = regionMatrix(region);
  const points = new Float64Array(fractions.length);
  for (let at = 0; at < points.length; at += 3) {
    points.set([...moved(matrix, fractions[at]!, fractions[at + 1]!), fractions[at + 2]! * region.side], at);
  }
  return { points, presence };
}
