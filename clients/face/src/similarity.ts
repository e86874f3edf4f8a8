type Nine = [number, number, number, number, number, number, number, number, number];
type Sixteen = [...Nine, number, number, number, number, number, number, number];
const SQUARINGS = 40; // a matrix to the power of 2 ** 40

/** A rotation (row by row), a scale and the means that map points onto others: scale R (x - from) + to. */
export interface Similarity {
  rotation: Float64Array;
  scale: number;
  from: [number, number, number];
  to: [number, number, number];
}

/** Return the similarity that moves (n, 3) points onto others, by weights (Horn 1987: the quaternion of the largest value). */
export function fitSimilarity(moving: ArrayLike<number>, fixed: ArrayLike<number>, weights?: ArrayLike<number>): Similarity {
  const given = Array.from({ length: moving.length / 3 }, (_, index) => weights?.[index] ?? 1);
  const total = given.reduce((sum, weight) => sum + weight, 0);
  const shares = given.map((weight) => weight / total);
  const [from, to] = [moving, fixed].map((points) => weightedMean(points, shares));
  const cross = new Float64Array(9);
  let spread = 0;
  for (const [index, share] of shares.entries()) {
    for (let row = 0; row < 3; row++) {
      const value = moving[3 * index + row]! - from![row]!;
      spread += share * value ** 2;
      for (let column = 0; column < 3; column++) {
        cross[3 * row + column]! += share * value * (fixed[3 * index + column]! - to![column]!);
      }
    }
  }
  const rotation = rotationOf(largestProjection(quaternionMatrix(cross)));
  const common = cross.reduce((sum, value, at) => sum + value * rotation[3 * (at % 3) + Math.floor(at / 3)]!, 0);
  return { rotation, scale: common / spread, from: from!, to: to! };
}

/** Return a point under a similarity. */
export function placed({ rotation, scale, from, to }: Similarity, x: number, y: number, z: number): [number, number, number] {
  const [dx, dy, dz] = [x - from[0], y - from[1], z - from[2]];
  const row = (at: number): number => scale * (rotation[at]! * dx + rotation[at + 1]! * dy + rotation[at + 2]! * dz);
  return [row(0) + to[0], row(3) + to[1], row(6) + to[2]];
}

function weightedMean(points: ArrayLike<number>, shares: number[]): [number, number, number] {
  const mean: [number, number, number] = [0, 0, 0];
  for (const [index, share] of shares.entries()) {
    for (let axis = 0; axis < 3; axis++) mean[axis]! += share * points[3 * index + axis]!;
  }
  return mean;
}

function quaternionMatrix(s: Float64Array): Float64Array {
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = Array.from(s) as Nine;
  return Float64Array.of(
    xx + yy + zz, yz - zy, zx - xz, xy - yx,
    yz - zy, xx - yy - zz, xy + yx, zx + xz,
    zx - xz, xy + yx, yy - xx - zz, yz + zy,
    xy - yx, zx + xz, yz + zy, zz - xx - yy,
  );
}

/** Return v vᵀ, v the eigenvector of the largest eigenvalue of a symmetric 4 x 4 matrix: squared until it alone is left. */
function largestProjection(matrix: Float64Array): Float64Array {
  const shift = Math.hypot(...matrix); // with it no eigenvalue is negative
  let power = matrix.map((value, at) => (at % 5 === 0 ? value + shift : value));
  for (let squaring = 0; squaring < SQUARINGS; squaring++) {
    const row = (at: number): Float64Array => power.subarray(at & ~3, (at & ~3) + 4); // a column is a row as well
    const square = power.map((_, at) => row(at).reduce((sum, value, k) => sum + value * row(4 * (at & 3))[k]!, 0));
    const trace = square[0]! + square[5]! + square[10]! + square[15]!;
    power = square.map((value) => value / trace);
  }
  return power;
}

/** Return the rotation of a quaternion (w, x, y, z), given as the products of its numbers. */
function rotationOf(products: Float64Array): Float64Array {
  const [, wx, wy, wz, , xx, xy, xz, , , yy, yz, , , , zz] = Array.from(products) as Sixteen;
  return Float64Array.of(
    1 - 2 * (yy + zz), 2 * (xy - wz), 2 * (xz + wy),
    2 * (xy + wz), 1 - 2 * (xx + zz), 2 * (yz - wx),
    2 * (xz - wy), 2 * (yz + wx), 1 - 2 * (xx + yy),
  );
}
