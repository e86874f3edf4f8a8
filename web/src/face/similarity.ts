/** A rotation (row by row), a scale and the means that map points onto others: scale R (x - from) + to. */
export interface Similarity {
  rotation: Float64Array;
  scale: number;
  from: [number, number, number];
  to: [number, number, number];
}

/** Return the similarity that moves (n, 3) points onto others, by weights (Horn 1987: the quaternion of the largest value). */
export function fitSimilarity(moving: ArrayLike<number>, fixed: ArrayLike<number>, weights?: ArrayLike<number>): Similarity {
  const count = moving.length / 3;
  const weightOf = (index: number): number => weights?.[index] ?? 1;
  let total = 0;
  for (let index = 0; index < count; index++) total += weightOf(index);
  const [from, to] = [moving, fixed].map((points) => weightedMean(points, weightOf, total));
  const cross = new Float64Array(9);
  let spread = 0;
  for (let index = 0; index < count; index++) {
    const share = weightOf(index) / total;
    for (let row = 0; row < 3; row++) {
      const value = moving[3 * index + row]! - from![row]!;
      spread += share * value ** 2;
      for (let column = 0; column < 3; column++) {
        cross[3 * row + column]! += share * value * (fixed[3 * index + column]! - to![column]!);
      }
    }
  }
  const { value, vector } = largestEigenpair(quaternionMatrix(cross));
  return { rotation: rotationOf(vector), scale: value / spread, from: from!, to: to! };
}

/** Return a point under a similarity. */
export function placed({ rotation, scale, from, to }: Similarity, x: number, y: number, z: number): [number, number, number] {
  const [dx, dy, dz] = [x - from[0], y - from[1], z - from[2]];
  const row = (at: number): number => scale * (rotation[at]! * dx + rotation[at + 1]! * dy + rotation[at + 2]! * dz);
  return [row(0) + to[0], row(3) + to[1], row(6) + to[2]];
}

function weightedMean(points: ArrayLike<number>, weightOf: (index: number) => number, total: number): [number, number, number] {
  const mean: [number, number, number] = [0, 0, 0];
  for (let index = 0; index < points.length / 3; index++) {
    for (let axis = 0; axis < 3; axis++) mean[axis]! += (weightOf(index) / total) * points[3 * index + axis]!;
  }
  return mean;
}

function quaternionMatrix(s: Float64Array): Float64Array {
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = Array.from(s) as [number, number, number, number, number, number, number, number, number];
  return Float64Array.of(
    xx + yy + zz, yz - zy, zx - xz, xy - yx,
    yz - zy, xx - yy - zz, xy + yx, zx + xz,
    zx - xz, xy + yx, yy - xx - zz, yz + zy,
    xy - yx, zx + xz, yz + zy, zz - xx - yy,
  );
}

/** Return the largest eigenvalue of a symmetric 4 x 4 matrix and its vector, by Jacobi's rotations. */
function largestEigenpair(matrix: Float64Array): { value: number; vector: number[] } {
  const a = matrix.slice();
  const v = Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);
  for (let sweep = 0; sweep < 20; sweep++) {
    for (let p = 0; p < 3; p++) for (let q = p + 1; q < 4; q++) rotatePair(a, v, p, q);
  }
  const values = [a[0]!, a[5]!, a[10]!, a[15]!];
  const best = values.indexOf(Math.max(...values));
  return { value: values[best]!, vector: [0, 1, 2, 3].map((row) => v[4 * row + best]!) };
}

function rotatePair(a: Float64Array, v: Float64Array, p: number, q: number): void {
  const off = a[4 * p + q]!;
  if (Math.abs(off) < 1e-300) return;
  const theta = (a[5 * q]! - a[5 * p]!) / (2 * off);
  const tangent = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cos = 1 / Math.hypot(tangent, 1);
  const sin = tangent * cos;
  const turn = (values: Float64Array, i: number, j: number): void => {
    const [one, other] = [values[i]!, values[j]!];
    values[i] = cos * one - sin * other;
    values[j] = sin * one + cos * other;
  };
  for (let k = 0; k < 4; k++) turn(a, 4 * k + p, 4 * k + q);
  for (let k = 0; k < 4; k++) turn(a, 4 * p + k, 4 * q + k);
  for (let k = 0; k < 4; k++) turn(v, 4 * k + p, 4 * k + q);
}

function rotationOf(quaternion: number[]): Float64Array {
  const [w, x, y, z] = quaternion as [number, number, number, number];
  return Float64Array.of(
    1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
    2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
    2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
  );
}
