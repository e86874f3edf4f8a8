import { invert, moved } from "./affine.ts";
import type { KernelFile } from "./arrays.ts";
import { Cascade } from "./cascade.ts";
import { cropMatrix, eyeLevelCrop, makeChannels } from "./channels.ts";
import { findCovers } from "./covers.ts";
import type { Detection } from "./detector.ts";
import { faceRegion, mirroredDetection, widthOf } from "./detector.ts";
import { hintFor } from "./guidance.ts";
import type { Mesh } from "./landmarks.ts";
import { findLandmarks, mirroredMesh } from "./landmarks.ts";
import { lightOf } from "./light.ts";
import type { Picture, Pixels } from "./picture.ts";
import { firstReduction, mirrored, reduced, reductionForFace, shrunk } from "./picture.ts";
import { poseOf } from "./pose.ts";
import type { Networks, Subject } from "./subject.ts";
import { chooseSubject, MIN_PRESENCE, shareOutside } from "./subject.ts";
import type { FaceLook, LookQuality } from "./types.ts";

const MAX_OUTSIDE = 0.02;
const IRISES = [468, 473] as const; // the middle of each, followed by four points of its rim
const [RIGHT_SIDE, LEFT_SIDE] = [234, 454] as const;

/** What looks are made with. */
export interface Eyes extends Networks {
  file: KernelFile;
}

/** Return what a picture shows, in the way of the service, or null without a whole face. */
export async function lookAt(eyes: Eyes, full: Pixels): Promise<FaceLook | null> {
  const coarse = reduced(full, firstReduction(full.width, full.height));
  const subject = await chooseSubject(eyes, coarse);
  if (!subject) return null;
  const reduction = reductionForFace(coarse, widthOf(subject.face));
  const picture = reduction === coarse.reduction ? coarse : reduced(full, reduction);
  const { points, presence } = await meshEitherWay(eyes, picture, subject);
  if (presence < MIN_PRESENCE || shareOutside(points, picture) > MAX_OUTSIDE) return null;
  return describe(eyes.file, picture, subject, { points, presence });
}

/** Return the mesh in the orientation of the detection; a face that is not known there, in the other one. */
async function meshEitherWay(eyes: Eyes, picture: Picture, subject: Subject): Promise<Mesh> {
  const mesh = await meshOf(eyes, picture, subject.face, subject.isMirrored);
  return mesh.presence >= MIN_PRESENCE ? mesh : meshOf(eyes, picture, subject.face, !subject.isMirrored);
}

/** Return the mesh of a detected face: two looks at it, in the picture or in its mirror image. */
async function meshOf({ mesh, file }: Eyes, picture: Picture, face: Detection, isMirrored: boolean): Promise<Mesh> {
  const mirror = file.array("mirror").values;
  if (!isMirrored) return findLandmarks(mesh, picture, faceRegion(face), mirror);
  const region = faceRegion(mirroredDetection(face, picture.width));
  return mirroredMesh(await findLandmarks(mesh, mirrored(picture), region, mirror), picture.width, mirror);
}

/** Return what a picture shows of the face with this mesh. */
export function describe(file: KernelFile, picture: Picture, subject: Subject, { points, presence }: Mesh): FaceLook {
  const crop = eyeLevelCrop(picture, points);
  const half = shrunk(crop, 2);
  const covers = findCovers(file, half, points);
  const seen = {
    points: Float32Array.from(points),
    details: detailsOf(file, crop, points),
    covered: covers.regions,
    width: picture.width,
    height: picture.height,
    faceCount: subject.count,
    quality: {
      presence,
      ...placeOf(points, picture),
      ...poseOf(file, points),
      ...lightOf(half, points),
      coveredShare: covers.share,
      irisPx: irisWidth(points),
    },
  };
  return { ...seen, hint: hintFor(seen) };
}

/** Return the 73 detail points in picture pixels, x and y each. */
function detailsOf(file: KernelFile, crop: Pixels, points: ArrayLike<number>): Float32Array {
  const found = detailsInCrop(file, crop, points);
  const back = invert(cropMatrix(points));
  const places = Array.from({ length: found.length / 2 }, (_, at) => moved(back, found[2 * at]!, found[2 * at + 1]!));
  return Float32Array.from(places.flat());
}

/** Return the 73 detail points in pixels of the eye-level crop; points: the 478 landmarks in picture pixels. */
export function detailsInCrop(file: KernelFile, crop: Pixels, points: ArrayLike<number>): Float64Array {
  const matrix = cropMatrix(points);
  const inCrop = new Float64Array((points.length / 3) * 2);
  for (let at = 0; at < inCrop.length / 2; at++) inCrop.set(moved(matrix, points[3 * at]!, points[3 * at + 1]!), 2 * at);
  return new Cascade(file).find(makeChannels(crop), inCrop, file.array("mirror").values);
}

function placeOf(points: ArrayLike<number>, { width, height }: Picture): Pick<LookQuality, "faceWidthPx" | "faceShare" | "offset"> {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < points.length; at += 3) {
    const [x, y] = [points[at]!, points[at + 1]!];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  const short = Math.min(width, height);
  const faceWidthPx = distance(points, RIGHT_SIDE, LEFT_SIDE);
  const offset = Math.max(Math.abs(left + right - width), Math.abs(top + bottom - height)) / 2 / short;
  return { faceWidthPx, faceShare: faceWidthPx / short, offset };
}

function irisWidth(points: ArrayLike<number>): number {
  return IRISES.reduce((sum, middle) => sum + distance(points, middle + 1, middle + 3) / IRISES.length, 0);
}

function distance(points: ArrayLike<number>, one: number, other: number): number {
  return Math.hypot(...[0, 1, 2].map((axis) => points[3 * one + axis]! - points[3 * other + axis]!));
}
