import { moved } from "./affine.ts";
import { probability } from "./numbers.ts";
import { PIXEL } from "./picture.ts";
import type { Picture } from "./picture.ts";
import { cropRegion, regionMatrix } from "./region.ts";
import type { Region } from "./region.ts";
import type { Network } from "./runtime.ts";

export const DETECTOR_SIDE = 128;
const KEY_POINTS = 6; // right eye, left eye, nose tip, mouth, right ear, left ear
const MIRRORED_KEY_POINTS = [1, 0, 2, 3, 5, 4] as const;
const MIN_SCORE = 0.5;
const SAME_FACE = 0.3; // overlap of boxes
const RETRY_PADDING = 0.35; // of the side, around a tightly cropped photo
const UPRIGHT_SCORE = 0.8; // upright faces have 0.84 and more
const ROTATED_SCORE = 0.7;
const VALUES = 4 + 2 * KEY_POINTS; // of a box
const FACE_SCALE = 1.5;

/** Box of two corners, [x0, y0, x1, y1]. */
export type Box = readonly [number, number, number, number];

/** A detected face, in upright full-size pixels. */
export interface Detection {
  score: number;
  box: Box;
  keyPoints: [number, number][];
}

/** Return the width of a detected face. */
export const widthOf = ({ box }: Detection): number => box[2] - box[0];

/** Return the face in the mirror image of a picture `width` pixels wide. */
export function mirroredDetection({ score, box, keyPoints }: Detection, width: number): Detection {
  const [x0, y0, x1, y1] = box;
  const points = MIRRORED_KEY_POINTS.map((index): [number, number] => {
    const [x, y] = keyPoints[index]!;
    return [width - 1 - x, y];
  });
  return { score, box: [width - 1 - x1, y0, width - 1 - x0, y1], keyPoints: points };
}

/** Return the square around a face, turned so that the eyes are level. */
export function faceRegion({ box, keyPoints }: Detection, scale = FACE_SCALE): Region {
  const [x0, y0, x1, y1] = box;
  const [right, left] = [keyPoints[0]!, keyPoints[1]!];
  const side = Math.max(x1 - x0, y1 - y0) * scale;
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, side, angle: Math.atan2(left[1] - right[1], left[0] - right[0]) };
}

/** Return the faces of about a fifth of the picture and more, best first; pad: room around it, in shares of its side. */
function detect(network: Network, picture: Picture, pad: number, turn: number): Promise<Detection[]> {
  const side = Math.max(picture.width, picture.height) * (1 + pad);
  const whole = { x: (picture.width - 1) / 2, y: (picture.height - 1) / 2, side, angle: turn };
  return detectInRegion(network, picture, whole);
}

/** Return what is detected in one part of a picture, best first. */
export async function detectInRegion(network: Network, picture: Picture, region: Region): Promise<Detection[]> {
  const { data } = cropRegion(picture, region, DETECTOR_SIDE);
  const input = new Float32Array(DETECTOR_SIDE * DETECTOR_SIDE * 3);
  for (let from = 0, to = 0; from < data.length; from += PIXEL, to += 3) {
    for (let channel = 0; channel < 3; channel++) input[to + channel] = data[from + channel]! / 127.5 - 1;
  }
  const outputs = (await network.run(input)).sort((one, other) => other.length - one.length);
  return suppressed(candidates(outputs[0]!, outputs[1]!)).map((found) => toUpright(found, region));
}

/** Return the large faces; if none has a high score, those of the rotation of the picture with the highest one. */
export async function detectLarge(network: Network, picture: Picture): Promise<Detection[]> {
  let best = await detectWithRetry(network, picture, 0);
  if (highestScore(best) >= UPRIGHT_SCORE) return best;
  for (const turn of [Math.PI, Math.PI / 2, -Math.PI / 2]) {
    const found = await detectWithRetry(network, picture, turn);
    if (highestScore(found) > Math.max(highestScore(best), ROTATED_SCORE)) best = found;
  }
  return best;
}

/** Return what is detected in a rotation of a picture, with room around it if nothing is found without. */
export async function detectWithRetry(network: Network, picture: Picture, turn: number): Promise<Detection[]> {
  const found = await detect(network, picture, 0, turn);
  return found.length > 0 ? found : detect(network, picture, RETRY_PADDING, turn);
}

const highestScore = ([best]: Detection[]): number => best?.score ?? 0;

/** Points in fractions of the network's input: the corners of the box, then the key points. */
interface Candidate {
  score: number;
  points: Float64Array;
}

/** Centres of the anchors, in fractions of the input: two a cell of 8 pixels, six a cell of 16. */
const ANCHORS = [[8, 2], [16, 6]].flatMap(([stride, count]) => {
  const ticks = Array.from({ length: DETECTOR_SIDE / stride! }, (_, index) => ((index + 0.5) * stride!) / DETECTOR_SIDE);
  return ticks.flatMap((y) => ticks.flatMap((x) => Array.from({ length: count! }, () => [x, y] as const)));
});

function candidates(boxes: Float32Array, logits: Float32Array): Candidate[] {
  return ANCHORS.flatMap(([anchorX, anchorY], index) => {
    const score = probability(logits[index]!);
    if (score < MIN_SCORE) return [];
    const raw = Float64Array.from(boxes.subarray(index * VALUES, (index + 1) * VALUES), (value) => value / DETECTOR_SIDE);
    const [x, y, halfX, halfY] = [raw[0]! + anchorX, raw[1]! + anchorY, raw[2]! / 2, raw[3]! / 2];
    const points = raw.map((value, at) => value + (at % 2 ? anchorY : anchorX));
    points.set([x - halfX, y - halfY, x + halfX, y + halfY]);
    return [{ score, points }];
  });
}

/** Return the means of overlapping boxes, weighted by their scores, best first. */
function suppressed(found: Candidate[]): Candidate[] {
  let remaining = found.sort((one, other) => other.score - one.score);
  const merged: Candidate[] = [];
  while (remaining[0]) {
    const best = remaining[0];
    const isNear = (other: Candidate): boolean => other === best || overlap(boxOf(best), boxOf(other)) > SAME_FACE;
    const group = remaining.filter(isNear);
    const total = group.reduce((sum, { score }) => sum + score, 0);
    const points = best.points.map((_, at) => group.reduce((sum, each) => sum + each.score * each.points[at]!, 0) / total);
    merged.push({ score: best.score, points });
    remaining = remaining.filter((other) => !isNear(other));
  }
  return merged;
}

const boxOf = ({ points }: Candidate): Box => [points[0]!, points[1]!, points[2]!, points[3]!];

/** Return the area that two boxes share. */
export function sharedArea(one: Box, other: Box): number {
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  return Math.max(width, 0) * Math.max(height, 0);
}

/** Return the area of a box. */
export const areaOf = ([x0, y0, x1, y1]: Box): number => (x1 - x0) * (y1 - y0);

function overlap(one: Box, other: Box): number {
  const shared = sharedArea(one, other);
  const union = areaOf(one) + areaOf(other) - shared;
  return union > 0 ? shared / union : 0;
}

function toUpright({ score, points }: Candidate, region: Region): Detection {
  const matrix = regionMatrix(region);
  const [x0, y0, x1, y1] = [points[0]!, points[1]!, points[2]!, points[3]!];
  const [x, y] = moved(matrix, (x0 + x1) / 2, (y0 + y1) / 2);
  let half: [number, number] = [(Math.abs(x1 - x0) * region.side) / 2, (Math.abs(y1 - y0) * region.side) / 2];
  if (Math.abs(Math.sin(region.angle)) > Math.abs(Math.cos(region.angle))) half = [half[1], half[0]];
  const keyPoints: [number, number][] = [];
  for (let at = 4; at < VALUES; at += 2) keyPoints.push(moved(matrix, points[at]!, points[at + 1]!));
  return { score, box: [x - half[0], y - half[1], x + half[0], y + half[1]], keyPoints };
}
