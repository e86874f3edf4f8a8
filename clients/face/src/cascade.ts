import type { KernelFile } from "./arrays.ts";
import type { Maps } from "./channels.ts";
import { CHANNELS, WIDTH } from "./channels.ts";
import { clamped, mean } from "./numbers.ts";

const STRIDE = 2;
const START_VERTICES = 6;
const SHAPE_UNIT = 10; // crop pixels
const DIRECTIONS = 8;
const SAMPLE_UNIT = 64;
/** Channel of the mirrored picture that shows what each channel shows in the picture. */
const MIRRORED = Array.from({ length: CHANNELS }, (_, index) => (index < DIRECTIONS ? (12 - index) % DIRECTIONS : index));

/**
 * Return the 73 points of the hand template in the maps of a crop, x and y in crop pixels: a start from the mesh, then
 * ridge steps. The left half is read in the mirror.
 *
 * mesh: 478 points, x and y in crop pixels.
 */
export function findDetails(file: KernelFile, maps: Maps, mesh: Float64Array): Float64Array {
  const [right, left] = [mesh, mirroredCrop(mesh, file.array("mirror").values)].map((half, index) => {
    let places = start(file, half);
    for (const step of ["step0", "step1"]) places = shifted(file, step, places, sampleGrids(file, maps, places, index === 1));
    return places;
  });
  return joined(file, right!, left!);
}

function start(file: KernelFile, mesh: Float64Array): Float64Array {
  const { values: near, shape } = file.array("near");
  const [models, around] = [shape[0]!, shape[1]!];
  const places = new Float64Array(2 * models);
  const features = new Float32Array(2 * around * models);
  for (let at = 0; at < places.length; at++) {
    const [first, axis] = [(at >> 1) * around, at & 1];
    const values = Array.from(near.subarray(first, first + around), (vertex) => mesh[2 * vertex + axis]!);
    places[at] = mean(values.slice(0, START_VERTICES));
    values.forEach((value, index) => {
      features[2 * (first + index) + axis] = (value - places[at]!) / SHAPE_UNIT;
    });
  }
  return shifted(file, "start", places, features);
}

/** Return the channels on a grid around each place. */
function sampleGrids(file: KernelFile, maps: Maps, places: Float64Array, isMirrored: boolean): Float32Array {
  const { values: offsets, shape } = file.array("grid_offsets");
  const count = shape[0]! * shape[1]!;
  const features = new Float32Array(count * CHANNELS);
  for (let sample = 0; sample < count; sample++) {
    const model = Math.floor(sample / shape[1]!);
    const x = places[2 * model]! + offsets[2 * sample]!;
    const y = places[2 * model + 1]! + offsets[2 * sample + 1]!;
    sampleChannels(maps, isMirrored ? WIDTH - 1 - x : x, y, features, sample * CHANNELS, isMirrored);
  }
  return features;
}

/** Return the places moved by the dot products of their features and the weights of a step. */
function shifted(file: KernelFile, name: string, places: Float64Array, features: Float32Array): Float64Array {
  const { values: weights } = file.array(`${name}_w`);
  const { values: bias } = file.array(`${name}_b`);
  const count = (2 * features.length) / places.length;
  return places.map((place, at) => {
    const [first, axis] = [(at >> 1) * count, at & 1];
    let sum = bias[at]!;
    for (let index = first; index < first + count; index++) sum += features[index]! * weights[2 * index + axis]!;
    return place + sum;
  });
}

/** Return the detail points of both halves' places; one on the midline is the mean of its two. */
function joined(file: KernelFile, right: Float64Array, left: Float64Array): Float64Array {
  const [models, twins] = [file.array("models").values, file.array("twins").values];
  const midline = new Set<number>(file.array("midline").values);
  const points = new Map<number, [number, number]>();
  models.forEach((point, model) => {
    const own: [number, number] = [right[2 * model]!, right[2 * model + 1]!];
    const twin: [number, number] = [WIDTH - 1 - left[2 * model]!, left[2 * model + 1]!];
    points.set(twins[model]!, twin);
    points.set(point, midline.has(model) ? [(own[0] + twin[0]) / 2, (own[1] + twin[1]) / 2] : own);
  });
  return Float64Array.from(Array.from(file.array("detail_points").values).flatMap((point) => points.get(point)!));
}

function mirroredCrop(mesh: Float64Array, mirror: ArrayLike<number>): Float64Array {
  return mesh.map((_, at) => {
    const value = mesh[2 * mirror[at >> 1]! + (at & 1)]!;
    return at & 1 ? value : WIDTH - 1 - value;
  });
}

/** Write the channels at a place in crop pixels, bilinear, in units of 64, into `features` from `to` on. */
export function sampleChannels(
  { values, width, height }: Maps, cropX: number, cropY: number, features: Float32Array, to: number, isMirrored: boolean,
): void {
  const x = clamped((cropX + 0.5) / STRIDE - 0.5, 0, width - 1.001);
  const y = clamped((cropY + 0.5) / STRIDE - 0.5, 0, height - 1.001);
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const [right, low] = [x - column, y - row];
  const first = (row * width + column) * CHANNELS;
  const below = first + width * CHANNELS;
  for (let channel = 0; channel < CHANNELS; channel++) {
    const from = isMirrored ? MIRRORED[channel]! : channel;
    const upper = values[first + from]! * (1 - right) + values[first + CHANNELS + from]! * right;
    const lower = values[below + from]! * (1 - right) + values[below + CHANNELS + from]! * right;
    features[to + channel] = (upper * (1 - low) + lower * low) / SAMPLE_UNIT;
  }
}
