import type { KernelFile } from "./arrays.ts";
import { moved } from "./affine.ts";
import { cropMatrix } from "./channels.ts";
import { probability } from "./numbers.ts";
import type { Pixels } from "./picture.ts";
import { PIXEL } from "./picture.ts";
import type { Region } from "./types.ts";
import { sampled } from "./warp.ts";

const SIDE = 64; // of the frontal layout
const MAX_COVERED = 0.6;

/** What covers a face: regions of which one side or both can't be seen, and the share of the face's area. */
export interface Covers {
  regions: Region[];
  share: number;
}

/** Maps of a convolution: channels side by side. */
interface Maps {
  values: Float32Array;
  side: number;
  channels: number;
}

/** Return what covers a face; half: its eye-level crop at half the size; points: its 478 landmarks in picture pixels. */
export function findCovers(file: KernelFile, half: Pixels, points: ArrayLike<number>): Covers {
  const cells = coverCells(file, half, points);
  const masks = file.array("masks").values;
  const limits = file.array("cover_limits").values;
  const { masks: names, regions } = file.notes;
  const covered = new Set<string>();
  let share = 0;
  names.forEach((name, index) => {
    let sum = 0;
    for (let cell = 0; cell < cells.length; cell++) sum += masks[index * cells.length + cell]! * cells[cell]!;
    if (name === "face") share = sum;
    const part = name.split("-")[0]!;
    const limit = part === "face" ? MAX_COVERED : limits[regions.indexOf(part)]!;
    if (sum >= limit) covered.add(part);
  });
  return { regions: regions.filter((region) => covered.has(region)) as Region[], share };
}

/** Return the probability that something covers each of 32 x 32 cells of the face. */
export function coverCells(file: KernelFile, half: Pixels, points: ArrayLike<number>): Float32Array {
  const layer = (name: string, maps: Maps, stride?: number): Maps => rectified(convolved(file, name, maps, stride));
  const middle = layer("conv3", layer("conv2", layer("conv1", normalized(straightened(file, half, points)), 2), 2));
  const coarse = layer("conv5", layer("conv4", middle, 2));
  const whole = convolved(file, "whole2", layer("whole1", summary(coarse))).values;
  const raised = coarse.values.map((value, at) => value + whole[at % coarse.channels]!);
  const lowered = convolved(file, "down", rectified({ ...coarse, values: raised }));
  const skipped = convolved(file, "skip", middle);
  const joined = skipped.values.map((value, at) => {
    const [cell, channel] = [Math.floor(at / skipped.channels), at % skipped.channels];
    const [row, column] = [Math.floor(cell / middle.side) >> 1, (cell % middle.side) >> 1];
    return value + lowered.values[(row * coarse.side + column) * lowered.channels + channel]!;
  });
  return unfolded(convolved(file, "out", layer("conv6", rectified({ ...skipped, values: joined }))));
}

/** Return the face in the frontal layout, in which every cell shows the same place of everyone's face. */
function straightened(file: KernelFile, half: Pixels, points: ArrayLike<number>): Pixels {
  const vertices = file.array("layout_vertices").values;
  const weights = file.array("layout_weights").values;
  const oval = file.array("oval").values;
  const matrix = cropMatrix(points);
  const count = file.array("canonical").shape[0]!;
  const known = new Float64Array(2 * (count + 1));
  for (let vertex = 0; vertex < count; vertex++) {
    known.set(moved(matrix, points[3 * vertex]!, points[3 * vertex + 1]!), 2 * vertex);
  }
  for (const vertex of oval) {
    for (let axis = 0; axis < 2; axis++) known[2 * count + axis]! += known[2 * vertex + axis]! / oval.length;
  }
  const places = new Float64Array(2 * SIDE * SIDE);
  for (let cell = 0; cell < SIDE * SIDE; cell++) {
    for (let axis = 0; axis < 2; axis++) {
      let sum = 0;
      for (let corner = 4 * cell; corner < 4 * cell + 4; corner++) {
        sum += weights[corner]! * known[2 * vertices[corner]! + axis]!;
      }
      places[2 * cell + axis] = sum / 2 - 0.25;
    }
  }
  return sampled(half, places, SIDE, SIDE);
}

/** Return logarithms of the colours with the mean of each channel at 0 and one spread for all. */
function normalized({ data }: Pixels): Maps {
  const values = new Float32Array(SIDE * SIDE * 3);
  for (let from = 0, to = 0; from < data.length; from += PIXEL, to += 3) {
    for (let channel = 0; channel < 3; channel++) values[to + channel] = Math.log(data[from + channel]! / 255 + 0.06);
  }
  const means = [0, 0, 0];
  for (let at = 0; at < values.length; at++) means[at % 3]! += values[at]! / (SIDE * SIDE);
  let variance = 0;
  for (let at = 0; at < values.length; at++) {
    values[at]! -= means[at % 3]!;
    variance += values[at]! ** 2 / values.length;
  }
  const spread = Math.max(Math.sqrt(variance), 0.1);
  return { values: values.map((value) => value / spread), side: SIDE, channels: 3 };
}

/** Return the probabilities of four logits a cell, two by two. */
function unfolded({ values, side }: Maps): Float32Array {
  const cells = new Float32Array(4 * side * side);
  for (let at = 0; at < values.length; at++) {
    const [cell, quarter] = [at >> 2, at & 3];
    const [row, column] = [2 * Math.floor(cell / side) + (quarter >> 1), 2 * (cell % side) + (quarter & 1)];
    cells[row * 2 * side + column] = probability(values[at]!);
  }
  return cells;
}

/** Return the mean of each channel over the face, and the maxima. */
function summary({ values, channels }: Maps): Maps {
  const cells = values.length / channels;
  const joined = new Float32Array(2 * channels).fill(-Infinity, channels);
  for (let at = 0; at < values.length; at++) {
    const channel = at % channels;
    joined[channel]! += values[at]! / cells;
    joined[channels + channel] = Math.max(joined[channels + channel]!, values[at]!);
  }
  return { values: joined, side: 1, channels: 2 * channels };
}

/** Return the convolution of maps, or the products of their cells with a matrix; a bias may differ by place. */
function convolved(file: KernelFile, name: string, maps: Maps, stride = 1): Maps {
  const { values, shape } = file.array(`cover_${name}_w`);
  const kernel = values as Float32Array;
  const bias = file.has(`cover_${name}_b`) ? file.array(`cover_${name}_b`).values : [0];
  const width = shape.at(-1)!;
  const size = Math.sqrt(values.length / maps.channels / width); // 1 of a matrix
  const side = maps.side / stride;
  const result = new Float32Array(side * side * width);
  for (let at = 0; at < result.length; at++) result[at] = bias[at % bias.length]!;
  for (let cell = 0; cell < side * side; cell++) {
    const [top, left] = [Math.floor(cell / side) * stride - (size >> 1), (cell % side) * stride - (size >> 1)];
    const sums = result.subarray(cell * width, (cell + 1) * width);
    for (let tap = 0; tap < size * size; tap++) {
      const [row, column] = [top + Math.floor(tap / size), left + (tap % size)];
      if (row < 0 || column < 0 || row >= maps.side || column >= maps.side) continue;
      addTap(sums, maps, (row * maps.side + column) * maps.channels, kernel, tap * maps.channels * width);
    }
  }
  return { values: result, side, channels: width };
}

const rectified = (maps: Maps): Maps => ({ ...maps, values: maps.values.map((value) => Math.max(value, 0)) });

function addTap(sums: Float32Array, { values, channels }: Maps, from: number, kernel: Float32Array, at: number): void {
  for (let channel = 0, weight = at; channel < channels; channel++, weight += sums.length) {
    const value = values[from + channel]!;
    if (value === 0) continue; // half of what a rectified layer gives
    for (let to = 0; to < sums.length; to++) sums[to]! += value * kernel[weight + to]!;
  }
}
