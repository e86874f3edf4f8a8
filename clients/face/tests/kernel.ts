/**
 * Runs the kernel under Node, without networks, on what tests/test_web/test_face_kernel.py writes into a folder.
 *
 * Reads job.json (width and height of the picture, its landmarks), picture.rgba, crop.rgba and kernel.bin; writes
 * result.json and the crops that were made of the picture.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { KernelFile } from "../src/arrays.ts";
import { averageLooks } from "../src/average.ts";
import { sampleChannels } from "../src/cascade.ts";
import { CHANNELS, cropMatrix, eyeLevelCrop, HEIGHT, makeChannels, WIDTH } from "../src/channels.ts";
import { coverCells } from "../src/covers.ts";
import { moved } from "../src/affine.ts";
import { balancedCrop } from "../src/landmarks.ts";
import { describe, detailsInCrop } from "../src/look.ts";
import { mirrored, reduced, shrunk } from "../src/picture.ts";
import { cropRegion } from "../src/region.ts";

interface Job {
  width: number;
  height: number;
  reduction: number;
  /** Landmarks of the picture, and those of the golden crop. */
  picture: number[];
  golden: number[];
  region: { x: number; y: number; side: number; angle: number };
}

const folder = process.argv[2]!;
const read = (name: string): Buffer => readFileSync(join(folder, name));
const job = JSON.parse(read("job.json").toString()) as Job;
const kernelFile = read("kernel.bin");
const kernel = new KernelFile(Uint8Array.from(kernelFile).buffer);

const crop = { data: new Uint8Array(read("crop.rgba")), width: WIDTH, height: HEIGHT };
const matrix = cropMatrix(job.golden);
const places = Array.from({ length: job.golden.length / 3 }, (_, at) => moved(matrix, job.golden[3 * at]!, job.golden[3 * at + 1]!));
const maps = makeChannels(crop);
const channels = places.map(([x, y]) => {
  const values = new Float32Array(CHANNELS);
  sampleChannels(maps, x, y, values, 0, false);
  return Array.from(values, (value) => value * 64);
});

const full = { data: new Uint8Array(read("picture.rgba")), width: job.width, height: job.height };
const picture = reduced(full, job.reduction);
const mesh = { points: Float64Array.from(job.picture), presence: 1 };
const box = [0, 0, 1, 1] as const;
const look = describe(kernel, picture, { face: { score: 1, box, keyPoints: [] }, count: 1, isMirrored: false }, mesh);
const eyeLevel = eyeLevelCrop(picture, mesh.points);
writeFileSync(join(folder, "eye_level.rgba"), eyeLevel.data);
writeFileSync(join(folder, "region.rgba"), cropRegion(mirrored(picture), job.region, 256).data);
writeFileSync(join(folder, "balanced.f32"), new Uint8Array(balancedCrop(picture, job.region).buffer));
writeFileSync(
  join(folder, "result.json"),
  JSON.stringify({
    channels,
    details: Array.from(detailsInCrop(kernel, crop, job.golden)),
    look: { ...look, points: Array.from(look.points), details: Array.from(look.details) },
    covers: Array.from(coverCells(kernel, shrunk(eyeLevel, 2), mesh.points)),
    input: averageLooks([look, look]),
  }),
);
