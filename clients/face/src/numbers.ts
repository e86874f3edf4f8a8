/** Return the value nearest to `value` between `least` and `most`. */
export const clamped = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

/** Return the probability that a logit stands for. */
export const probability = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** Return the light, 0-1, of a level of sRGB, 0-255. */
export function linear(level: number): number {
  const share = level / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

/** Return the mean of numbers. */
export function mean(values: number[] | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Return the mean square of the distances from the mean. */
export function variance(values: number[] | Float64Array): number {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
}
