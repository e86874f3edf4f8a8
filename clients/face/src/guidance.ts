import type { FaceLook, Hint, Hints } from "./types.ts";

// limits as gwansang.vision.guidance has them
const [MIN_SHARE, MAX_SHARE] = [0.32, 0.62];
const [MIN_WIDTH_PX, MAX_OFFSET] = [120, 0.18];
const [MAX_ROLL, MAX_YAW, MAX_PITCH] = [12, 10, 12]; // degrees
const [DARK_HIGHLIGHT, MAX_CLIPPED, GOOD_SHARPNESS] = [0.22, 0.25, 8.5];
const [DARK_PICTURE, BRIGHT_PICTURE] = [0.1, 0.92];

/** Return what a person at the camera should do, the most urgent first, or "ready" alone. */
export function hintsFor({ faceCount, covered, quality }: Pick<FaceLook, "faceCount" | "covered" | "quality">): Hints {
  const { faceShare, faceWidthPx, offset, yawDeg, pitchDeg, rollDeg } = quality;
  const checks: [boolean, Hint][] = [
    [quality.highlight < DARK_HIGHLIGHT, "too_dark"],
    [quality.clipped > MAX_CLIPPED, "too_bright"],
    [faceCount > 1, "several_faces"],
    [faceShare < MIN_SHARE || faceWidthPx < MIN_WIDTH_PX, "move_closer"],
    [faceShare > MAX_SHARE, "move_away"],
    [offset > MAX_OFFSET, "center"],
    [-rollDeg > MAX_ROLL, "tilt_left"],
    [rollDeg > MAX_ROLL, "tilt_right"],
    [-yawDeg > MAX_YAW, "turn_left"],
    [yawDeg > MAX_YAW, "turn_right"],
    [-pitchDeg > MAX_PITCH, "chin_up"],
    [pitchDeg > MAX_PITCH, "chin_down"],
    [quality.sharpness < GOOD_SHARPNESS, "hold_still"],
    [covered.includes("eyes"), "show_eyes"],
    [covered.includes("mouth"), "show_mouth"],
    [covered.some((region) => region === "nose" || region === "cheeks"), "show_face"],
  ];
  const [first = "ready", ...others] = checks.flatMap(([applies, hint]) => (applies ? [hint] : []));
  return [first, ...others];
}

/** Return the hint for a picture without a face, of this mean brightness. */
export function hintWithoutFace(luma: number): Hint {
  if (luma < DARK_PICTURE) return "too_dark";
  return luma > BRIGHT_PICTURE ? "too_bright" : "no_face";
}
