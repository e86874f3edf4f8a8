import type { Box, Detection } from "./detector.ts";
import { areaOf, detectInRegion, detectLarge, detectWithRetry, faceRegion, mirroredDetection, sharedArea, widthOf } from "./detector.ts";
import { findLandmarksOnce } from "./landmarks.ts";
import { mean } from "./numbers.ts";
import type { Picture } from "./picture.ts";
import { isDarkerOnTheRight, mirrored } from "./picture.ts";
import type { Network } from "./runtime.ts";

export const MIN_PRESENCE = 0.5;
const SECOND_SUBJECT = 0.45; // of the first face's width: such a face is a second subject
const HELD = 0.6; // of the smaller box: so much of it lies in the larger one if both are of one face
const SAME_MESH = 0.4; // of the larger box's width
const MAX_CONFIRMED = 8;
const SURE_SCORE = 0.9;
const WINDOW = 3; // side of what is looked at around a face, in widths of the face
const MAX_LEAN = (10 * Math.PI) / 180;
const TURNS = [0, Math.PI, Math.PI / 2, -Math.PI / 2] as const;

/** Networks that find a face. */
export interface Networks {
  detector: Network;
  mesh: Network;
}

/** The largest face, the number of faces of about its size, and whether its mirror image is looked at. */
export interface Subject {
  face: Detection;
  count: number;
  isMirrored: boolean;
}

/** Return the face that a picture is read of, or null: chosen in the orientation with the darker half on the left. */
export async function chooseSubject(networks: Networks, picture: Picture): Promise<Subject | null> {
  const isMirrored = isDarkerOnTheRight(picture);
  const subject = await choose(networks, picture, isMirrored);
  if (!subject) return null;
  const turns = Math.round(faceRegion(subject.face).angle / (Math.PI / 2));
  if (turns === 0 || isDarkerOnTheRight(picture, turns) === isMirrored) return subject;
  return choose(networks, picture, !isMirrored); // the head lies, with another side in the dark
}

async function choose(networks: Networks, picture: Picture, isMirrored: boolean): Promise<Subject | null> {
  const seen = isMirrored ? mirrored(picture) : picture;
  const faces = await onePerFace(networks, seen, await detectLarge(networks.detector, seen));
  if (!faces[0]) return null;
  const width = widthOf(faces[0]);
  const count = faces.filter((face) => widthOf(face) >= SECOND_SUBJECT * width).length;
  const face = await levelled(networks.detector, seen, faces[0]);
  return { face: isMirrored ? mirroredDetection(face, picture.width) : face, count, isMirrored };
}

/** Return one detection of each face, largest first; a single one is not looked at. */
async function onePerFace(networks: Networks, picture: Picture, faces: Detection[]): Promise<Detection[]> {
  const chosen: Detection[] = [];
  for (const face of faces.sort(byScore)) {
    if (!chosen.some((other) => holds(face.box, other.box))) chosen.push(face);
  }
  const kept = chosen.length > 1 ? await confirmed(networks, picture, chosen.slice(0, MAX_CONFIRMED)) : chosen;
  return kept.sort((one, other) => widthOf(other) - widthOf(one));
}

/** A detected face and the middle of its mesh. */
interface SeenFace {
  face: Detection;
  x: number;
  y: number;
}

/** Return the faces that have a mesh of their own, where they are seen best. */
async function confirmed(networks: Networks, picture: Picture, faces: Detection[]): Promise<Detection[]> {
  const found: SeenFace[] = [];
  for (const face of faces) {
    for (const nearer of [face, ...(await detectInRegion(networks.detector, picture, faceRegion(face, WINDOW)))]) {
      const seen = await seenFace(networks.mesh, picture, nearer);
      if (!seen || found.some((other) => isSame(seen, other))) continue;
      found.push(seen);
      break;
    }
  }
  return found.map(({ face }) => face);
}

async function seenFace(network: Network, picture: Picture, face: Detection): Promise<SeenFace | null> {
  const { points, presence } = await findLandmarksOnce(network, picture, faceRegion(face));
  if (presence < MIN_PRESENCE) return null;
  const [x, y] = [0, 1].map((axis) => mean(points.filter((_, at) => at % 3 === axis)));
  return { face, x: x!, y: y! };
}

function isSame(one: SeenFace, other: SeenFace): boolean {
  return Math.hypot(one.x - other.x, one.y - other.y) < SAME_MESH * Math.max(widthOf(one.face), widthOf(other.face));
}

/** Return the face as it is detected in the picture turned level with it, as if the photo had not been turned. */
async function levelled(detector: Network, picture: Picture, face: Detection): Promise<Detection> {
  const isSure = face.score >= SURE_SCORE;
  const isLevel = lean(face) < MAX_LEAN;
  if (isSure && isLevel) return face;
  const level = !isSure || lean(face) > Math.PI / 4 ? await seenTurned(detector, picture, face) : face;
  const turn = levelTurn(faceRegion(level).angle);
  if (turn === 0 && isLevel) return face;
  const seen = bestOf(face, await detectWithRetry(detector, picture, turn), level);
  const settled = levelTurn(faceRegion(seen).angle);
  return settled === turn ? seen : bestOf(face, await detectWithRetry(detector, picture, settled), seen);
}

async function seenTurned(detector: Network, picture: Picture, face: Detection): Promise<Detection> {
  const around = faceRegion(face, WINDOW);
  const found: Detection[] = [];
  for (const turn of TURNS) {
    found.push(...(await detectInRegion(detector, picture, { ...around, angle: around.angle + turn })));
  }
  return bestOf(face, found, face);
}

/** Return the best of the detections that are of a face, or, without one, what is known of it. */
function bestOf(face: Detection, found: Detection[], known: Detection): Detection {
  return found.filter(({ box }) => holds(face.box, box)).sort(byScore)[0] ?? known;
}

const byScore = (one: Detection, other: Detection): number => other.score - one.score;
const lean = (face: Detection): number => Math.abs(faceRegion(face).angle);

/** Return the rotation after which a face of this angle counts as level: by quarters if it leans little. */
function levelTurn(angle: number): number {
  const quarters = (Math.round(angle / (Math.PI / 2)) * Math.PI) / 2;
  return Math.abs(angle - quarters) < MAX_LEAN ? quarters : angle;
}

/** Return whether the smaller of two boxes lies mostly in the other one. */
function holds(one: Box, other: Box): boolean {
  return sharedArea(one, other) > HELD * Math.min(areaOf(one), areaOf(other));
}

/** Return the share of a mesh that lies outside the picture. */
export function shareOutside(points: ArrayLike<number>, { width, height }: { width: number; height: number }): number {
  let outside = 0;
  for (let at = 0; at < points.length; at += 3) {
    const [x, y] = [points[at]!, points[at + 1]!];
    if (x < 0 || y < 0 || x > width || y > height) outside++;
  }
  return outside / (points.length / 3);
}
