import type { KernelFile } from "./arrays.ts";
import { fitSimilarity } from "./similarity.ts";
import type { LookQuality } from "./types.ts";

const YAW_SCALE = 1.22; // as gwansang.vision.pose calibrates the mesh
const USUAL_PITCH = -1.7;
const DEGREES = 180 / Math.PI;

/** Return the pose of the head with these 478 points in pixels. */
export function poseOf(file: KernelFile, points: ArrayLike<number>): Pick<LookQuality, "yawDeg" | "pitchDeg" | "rollDeg"> {
  const basis = Array.from(file.array("basis").values);
  const canonical = file.array("canonical").values;
  // the picture's y and the mesh's z point the other way
  const moving = basis.flatMap((at) => [points[3 * at]!, -points[3 * at + 1]!, -points[3 * at + 2]!]);
  const fixed = basis.flatMap((at) => Array.from(canonical.subarray(3 * at, 3 * at + 3)));
  const { rotation: r } = fitSimilarity(moving, fixed, file.array("basis_weights").values);
  const [x, y, z] = [r[2]!, r[5]!, r[8]!];
  const depth = Math.hypot(y, z) * (z < 0 ? -1 : 1);
  return {
    yawDeg: YAW_SCALE * Math.atan2(-x, depth) * DEGREES,
    pitchDeg: Math.atan2(-y, Math.abs(z)) * DEGREES - USUAL_PITCH,
    rollDeg: Math.atan2(-r[1]!, r[0]!) * DEGREES,
  };
}
