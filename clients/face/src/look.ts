import { invert, moved } from "./affine.ts";
import type { KernelFile } from "./arrays.ts";
import { findDetails } from "./cascade.ts";
import { cropMatrix, eyeLevelCrop, makeChannels } from "./channels.ts";
import { findCovers } from "./covers.ts";
import type { Detection } from "./detector.ts";
import { faceRegion, mirroredDetection, widthOf } from "./detector.ts";
import { hintsFor, hintWithoutFace } from "./guidance.ts";
import type { Looks, Mesh } from "./landmarks.ts";
import { findLandmarks, mirroredMesh } from "./landmarks.ts";
import { lightOf, lumaOf } from "./light.ts";
import type { Picture, Pixels } from "./picture.ts";
import { firstReduction, mirrored, reduced, reductionForFace, shrunk } from "./picture.ts";
import { poseOf } from "./pose.ts";
import type { Networks, Subject } from "./subject.ts";
import { chooseSubject, MIN_PRESENCE, shareOutside } from "./subject.ts";
import type { FaceLook, Glance, LookQuality } from "./types.ts";

const MAX_OUTSIDE = 0.02;
const IRISES = [468, 473] as const; // the middle of each, followed by four points of its rim
const [RIGHT_SIDE, LEFT_SIDE] = [234, 454] as const;

/** What looks are made with. */
export interface Eyes extends Networks {
  file: KernelFile;
}

/** The face of a picture, with the reduction of the picture in which it was found. */
interface FoundFace {
  picture: Picture;
  subject: Subject;
  mesh: Mesh;
}

/** Return what a picture shows, in the way of the service, or null without a whole face. */
export async function lookAt(eyes: Eyes, full: Pixels): Promise<FaceLook | null> {
  const found = await findFace(eyes, full, 2);
  return found && describe(eyes.file, found.picture, found.subject, found.mesh);
}

/** Return the hints for a frame of the camera, from one look and without detail points. */
export async function glanceAt(eyes: Eyes, full: Pixels): Promise<Glance> {
  const found = await findFace(eyes, full, 1);
  if (!found) return { hints: [hintWithoutFace(lumaOf(full))], quality: null };
  const { picture, subject, mesh } = found;
  const seen = seenOf(eyes.file, picture, subject, mesh, eyeLevelCrop(picture, mesh.points));
  return { hints: hintsFor(seen), quality: seen.quality };
}

/** Return the face that a picture is read of, or null without a whole one. */
async function findFace(eyes: Eyes, full: Pixels, looks: Looks): Promise<FoundFace | null> {
  const coarse = reduced(full, firstReduction(full.width, full.height));
  const subject = await chooseSubject(eyes, coarse);
  if (!subject) return null;
  const reduction = reductionForFace(coarse, widthOf(subject.face));
  const picture = reduction === coarse.reduction ? coarse : reduced(full, reduction);
  const mesh = await meshEitherWay(eyes, picture, subject, looks);
  const isWhole = mesh.presence >= MIN_PRESENCE && shareOutside(mesh.points, picture) <= MAX_OUTSIDE;
  return isWhole ? { picture, subject, mesh } : null;
}

/** Return the mesh in the orientation of the detection; a face that is not known there, in the other one. */
async function meshEitherWay(eyes: Eyes, picture: Picture, { face, isMirrored }: Subject, looks: Looks): Promise<Mesh> {
  const mesh = await meshOf(eyes, picture, face, isMirrored, looks);
  return mesh.presence >= MIN_PRESENCE ? mesh : meshOf(eyes, picture, face, !isMirrored, looks);
}

/** Return the mesh of a detected face, looked at in the picture or in its mirror image. */
async function meshOf(
  { mesh, file }: Eyes, picture: Picture, face: Detection, isMirrored: boolean, looks: Looks,
): Promise<Mesh> {
  const mirror = file.array("mirror").values;
  if (!isMirrored) return findLandmarks(mesh, picture, faceRegion(face), mirror, looks);
  const region = faceRegion(mirroredDetection(face, picture.width));
  return mirroredMesh(await findLandmarks(mesh, mirrored(picture), region, mirror, looks), picture.width, mirror);
}

/** Return what a picture shows of the face with this mesh. */
export function describe(file: KernelFile, picture: Picture, subject: Subject, mesh: Mesh): FaceLook {
  const crop = eyeLevelCrop(picture, mesh.points);
  const seen = seenOf(file, picture, subject, mesh, crop);
  return {
    ...seen,
    points: Float32Array.from(mesh.points),
    details: detailsOf(file, crop, mesh.points),
    width: picture.width,
    height: picture.height,
    hints: hintsFor(seen),
  };
}

/** Return what hints follow from; crop: the face at eye level. */
function seenOf(
  file: KernelFile, picture: Picture, subject: Subject, { points, presence }: Mesh, crop: Pixels,
): Pick<FaceLook, "faceCount" | "covered" | "quality"> {
  const half = shrunk(crop, 2);
  const covers = findCovers(file, half, points);
  return {
    covered: covers.regions,
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
  return findDetails(file, makeChannels(crop), inCrop);
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
