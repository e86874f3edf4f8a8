/** A map of numbers, row by row. */
export interface Plane {
  values: Float32Array;
  width: number;
  height: number;
}

/** Return a plane of zeros. */
export function plane(width: number, height: number): Plane {
  return { values: new Float32Array(width * height), width, height };
}

/** Return means of 2 x 2 values. */
export function halved(from: Plane): Plane {
  const to = plane(from.width / 2, from.height / 2);
  for (let y = 0, at = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++, at++) {
      const first = 2 * y * from.width + 2 * x;
      const second = first + from.width;
      to.values[at] =
        (from.values[first]! + from.values[first + 1]! + from.values[second]! + from.values[second + 1]!) / 4;
    }
  }
  return to;
}

/** Return the weights of a Gaussian of `size` values; they add up to 1. */
export function gaussian(size: number, sigma: number): Float32Array {
  const weights = Float64Array.from({ length: size }, (_, index) => Math.exp(-(((index - (size - 1) / 2) / sigma) ** 2) / 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Float32Array.from(weights, (weight) => weight / total);
}

/** Return a plane filtered by the same weights across and down; beyond the border it is mirrored about its edge. */
export function filtered(from: Plane, weights: Float32Array): Plane {
  const { width, height } = from;
  const across = plane(width, height);
  const result = plane(width, height);
  const columns = reflections(width, weights.length);
  const rows = reflections(height, weights.length);
  for (let y = 0, at = 0; y < height; y++) {
    const line = from.values.subarray(y * width, (y + 1) * width);
    for (let x = 0; x < width; x++, at++) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) sum += weights[tap]! * line[columns[x + tap]!]!;
      across.values[at] = sum;
    }
  }
  for (let y = 0; y < height; y++) {
    const line = result.values.subarray(y * width, (y + 1) * width);
    for (let tap = 0; tap < weights.length; tap++) {
      const start = rows[y + tap]! * width;
      const weight = weights[tap]!;
      for (let x = 0; x < width; x++) line[x]! += weight * across.values[start + x]!;
    }
  }
  return result;
}

/** Return the index of what lies `taps` / 2 before each place of a line up to as far behind the last. */
export function reflections(length: number, taps: number): Int32Array {
  const half = (taps - 1) / 2;
  return Int32Array.from({ length: length + taps - 1 }, (_, index) => {
    const place = Math.abs(index - half);
    return place < length ? place : 2 * (length - 1) - place;
  });
}
