import { clamped } from "./numbers.ts";
import { fitSimilarity, placed } from "./similarity.ts";
import type { FaceLook, MeshInput, Region } from "./types.ts";

const DIGITS = 5; // of a fraction: 0.02 px of 2,000, and a mesh of 12 kB

/**
 * Return the mean of looks at one face, as POST /api/v1/analysis/face takes it.
 *
 * Each look is moved, turned and scaled onto the first, so that a head may move. A region counts as covered if most looks
 * say so.
 */
export function averageLooks(looks: readonly FaceLook[]): MeshInput {
  const [first] = looks;
  if (!first) throw new Error("there is no look to average");
  const points = new Float64Array(first.points.length);
  const details = new Float64Array(first.details.length);
  for (const look of looks) {
    const fit = fitSimilarity(look.points, first.points);
    for (let at = 0; at < points.length; at += 3) {
      add(points, at, placed(fit, look.points[at]!, look.points[at + 1]!, look.points[at + 2]!), looks.length);
    }
    const flat = fitSimilarity(flattened(look.points), flattened(first.points));
    for (let at = 0; at < details.length; at += 2) {
      add(details, at, placed(flat, look.details[at]!, look.details[at + 1]!, 0).slice(0, 2), looks.length);
    }
  }
  return { ...fractions(points, details, first), ...coveredBy(looks) };
}

function fractions(points: Float64Array, details: Float64Array, { width, height }: FaceLook): MeshInput {
  const landmarks = Array.from({ length: points.length / 3 }, (_, index): [number, number, number] => {
    const at = 3 * index;
    const [x, y] = [clamped(points[at]! / width, 0, 1), clamped(points[at + 1]! / height, 0, 1)];
    return [rounded(x), rounded(y), rounded(points[at + 2]! / width)];
  });
  const detailPoints = Array.from({ length: details.length / 2 }, (_, index): [number, number] => {
    return [rounded(details[2 * index]! / width), rounded(details[2 * index + 1]! / height)];
  });
  const isInside = detailPoints.every(([x, y]) => x >= 0 && x <= 1 && y >= 0 && y <= 1);
  return {
    landmarks,
    landmark_looks: 2,
    ...(isInside ? { detail_points: detailPoints } : {}),
    image_width: width,
    image_height: height,
  };
}

function coveredBy(looks: readonly FaceLook[]): { covered?: Region[] } {
  const regions = new Set(looks.flatMap(({ covered }) => covered));
  const most = [...regions].filter((region) => 2 * looks.filter(({ covered }) => covered.includes(region)).length > looks.length);
  return most.length > 0 ? { covered: most } : {};
}

const rounded = (value: number): number => Number(value.toFixed(DIGITS));

function flattened(points: Float32Array): Float32Array {
  return points.map((value, at) => (at % 3 === 2 ? 0 : value));
}

function add(sums: Float64Array, at: number, values: readonly number[], count: number): void {
  values.forEach((value, axis) => {
    sums[at + axis]! += value / count;
  });
}
