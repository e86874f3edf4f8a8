import type { KernelFile } from "./arrays.ts";
import type { Maps } from "./channels.ts";
import { CHANNELS, WIDTH } from "./channels.ts";
import { clamped } from "./numbers.ts";

const STRIDE = 2;
const START_VERTICES = 6;
const SHAPE_UNIT = 10; // crop pixels
const DIRECTIONS = 8;
const SAMPLE_UNIT = 64;
/** Channel of the mirrored picture that shows what each channel shows in the picture. */
const MIRRORED = Array.from({ length: CHANNELS }, (_, index) => (index < DIRECTIONS ? (12 - index) % DIRECTIONS : index));

/** Finds the points of the hand template in the maps of a crop: a start from the mesh, then ridge steps. */
export class Cascade {
  readonly #file: KernelFile;
  readonly #detailPoints: ArrayLike<number>;

  constructor(file: KernelFile) {
    this.#file = file;
    this.#detailPoints = file.array("detail_points").values;
  }

  /** Return 73 points, x and y in crop pixels; mesh: 478 points, x and y in crop pixels; mirror: their counterparts. */
  find(maps: Maps, mesh: Float64Array, mirror: ArrayLike<number>): Float64Array {
    const [right, left] = [mesh, mirroredCrop(mesh, mirror)].map((half, index) => {
      let places = this.#start(half);
      for (const step of ["step0", "step1"]) places = this.#step(step, maps, places, index === 1);
      return places;
    });
    return this.#joined(right!, left!);
  }

  #start(mesh: Float64Array): Float64Array {
    const { values: near, shape } = this.#file.array("near");
    const [models, around] = [shape[0]!, shape[1]!];
    const places = new Float64Array(2 * models);
    const features = new Float32Array(2 * around * models);
    for (let model = 0; model < models; model++) {
      for (let axis = 0; axis < 2; axis++) {
        let sum = 0;
        for (let index = 0; index < START_VERTICES; index++) sum += mesh[2 * near[model * around + index]! + axis]!;
        const mean = sum / START_VERTICES;
        places[2 * model + axis] = mean;
        for (let index = 0; index < around; index++) {
          const value = mesh[2 * near[model * around + index]! + axis]!;
          features[2 * (model * around + index) + axis] = (value - mean) / SHAPE_UNIT;
        }
      }
    }
    return this.#shifted("start", places, features);
  }

  #step(name: string, maps: Maps, places: Float64Array, isMirrored: boolean): Float64Array {
    const { values: offsets, shape } = this.#file.array("grid_offsets");
    const count = shape[0]! * shape[1]!;
    const features = new Float32Array(count * CHANNELS);
    for (let sample = 0; sample < count; sample++) {
      const model = Math.floor(sample / shape[1]!);
      const x = places[2 * model]! + offsets[2 * sample]!;
      const y = places[2 * model + 1]! + offsets[2 * sample + 1]!;
      sampleChannels(maps, isMirrored ? WIDTH - 1 - x : x, y, features, sample * CHANNELS, isMirrored);
    }
    return this.#shifted(name, places, features);
  }

  /** Return the places moved by the dot products of their features and the weights of a step. */
  #shifted(name: string, places: Float64Array, features: Float32Array): Float64Array {
    const { values: weights } = this.#file.array(`${name}_w`);
    const { values: bias } = this.#file.array(`${name}_b`);
    const models = places.length / 2;
    const count = features.length / models;
    return places.map((place, at) => {
      const [model, axis] = [at >> 1, at & 1];
      let sum = bias[at]!;
      for (let index = 0; index < count; index++) {
        sum += features[model * count + index]! * weights[2 * (model * count + index) + axis]!;
      }
      return place + sum;
    });
  }

  /** Return the detail points of both halves' places; one on the midline is the mean of its two. */
  #joined(right: Float64Array, left: Float64Array): Float64Array {
    const models = this.#file.array("models").values;
    const twins = this.#file.array("twins").values;
    const midline = new Set<number>(this.#file.array("midline").values);
    const points = new Map<number, [number, number]>();
    for (let model = 0; model < models.length; model++) {
      points.set(twins[model]!, [WIDTH - 1 - left[2 * model]!, left[2 * model + 1]!]);
    }
    for (let model = 0; model < models.length; model++) {
      const twin: [number, number] = [WIDTH - 1 - left[2 * model]!, left[2 * model + 1]!];
      const own: [number, number] = [right[2 * model]!, right[2 * model + 1]!];
      const mean: [number, number] = [(own[0] + twin[0]) / 2, (own[1] + twin[1]) / 2];
      points.set(models[model]!, midline.has(model) ? mean : own);
    }
    return Float64Array.from(Array.from(this.#detailPoints).flatMap((point) => points.get(point)!));
  }
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
