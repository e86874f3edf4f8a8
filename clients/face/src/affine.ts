/** A 2 x 3 affine: x' = a x + b y + c, y' = d x + e y + f. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Return the affine that applies `inner` first. */
export function compose(outer: Affine, inner: Affine): Affine {
  const [a, b, c, d, e, f] = outer;
  const [p, q, r, s, t, u] = inner;
  return [a * p + b * s, a * q + b * t, a * r + b * u + c, d * p + e * s, d * q + e * t, d * r + e * u + f];
}

/** Return the inverse of an affine. */
export function invert([a, b, c, d, e, f]: Affine): Affine {
  const size = a * e - b * d;
  const [p, q, s, t] = [e / size, -b / size, -d / size, a / size];
  return [p, q, -(p * c + q * f), s, t, -(s * c + t * f)];
}

/** Return the point (x, y) under an affine. */
export function moved([a, b, c, d, e, f]: Affine, x: number, y: number): [number, number] {
  return [a * x + b * y + c, d * x + e * y + f];
}
