/** When the camera releases by itself: first from afar, then from near, and it does not wait for ever. */

import type { Hint, Hints, LookQuality } from "@gwansang/face";

const NEARER = 1.8; // ratio of the distances, which the reading takes the nearness of the camera out by
const STEADY = 2; // good glances in a row, and for how long; a slow device takes a second for one
const STEADY_MS = 500;
const KEPT = 3; // frames of each distance
const FAR_SHARE = 0.4; // of the frame's short side; a larger face at the start can't come 1.8 times nearer
const [MIN_SHARE, NEAR_LIMIT] = [0.2, 0.8];
const GROWING = 1.08; // of the iris: a sign that the person comes nearer
const PATIENCE_MS = 5000; // for the second distance, from the last sign of coming nearer
const HINT_PATIENCE_MS = 9000; // after which a usable but imperfect frame is taken
const HARD: ReadonlySet<Hint> = new Set(["several_faces", "tilt_left", "tilt_right", "turn_left", "turn_right"]); // others may last: an eye patch, a lamp

export type Step = "far" | "near" | "done";

/** A frame of the camera with what a glance at it showed. */
export interface Shot {
  readonly hints: Hints;
  readonly quality: LookQuality;
  readonly frame: ImageBitmap;
}

export class Capture {
  step: Step = "far";
  private readonly far: Shot[] = [];
  private readonly near: Shot[] = [];
  private steady = 0;
  private steadySince = 0;
  private waitingSince: number;
  private nearest = 0;

  constructor(now: number) {
    this.waitingSince = now;
  }

  /** What is to be read, the nearest first: of both distances, or of the only one. */
  get shots(): readonly Shot[] {
    return [...this.near, ...this.far];
  }

  /** Take a shot; return the hint to show. A frame that is not kept is closed. */
  take(shot: Shot, now: number): Hint {
    const hint = this.step === "far" ? this.takeFar(shot, now) : this.takeNear(shot, now);
    if (!this.shots.includes(shot)) shot.frame.close();
    return hint;
  }

  /** Begin the steady glances anew, after a frame without a face. */
  lose(): void {
    this.steady = 0;
  }

  private takeFar(shot: Shot, now: number): Hint {
    const { quality } = shot;
    const hints = faultsOf(shot, "move_closer", quality.faceShare > MIN_SHARE);
    const [hint = quality.faceShare > FAR_SHARE ? "move_away" : "ready"] = hints;
    const impatient = now - this.waitingSince > HINT_PATIENCE_MS && !hints.some((each) => HARD.has(each));
    if (hint !== "ready" && !impatient) {
      this.lose();
      return hint;
    }
    this.keep(this.far, shot, now);
    if (!this.isSteady(now)) return "ready";
    this.step = quality.faceShare * NEARER > NEAR_LIMIT ? "done" : "near";
    this.lose();
    this.waitingSince = now;
    this.nearest = quality.irisPx;
    return "ready";
  }

  private takeNear(shot: Shot, now: number): Hint {
    const { quality } = shot;
    if (quality.irisPx > GROWING * this.nearest) {
      this.nearest = quality.irisPx;
      this.waitingSince = now;
    }
    if (now - this.waitingSince > PATIENCE_MS) {
      this.step = "done";
      return "ready";
    }
    const farIris = Math.min(...this.far.map((each) => each.quality.irisPx));
    const [hint = "ready"] = quality.irisPx < NEARER * farIris ? ["move_closer" as const] : faultsOf(shot, "move_away", true);
    if (hint !== "ready") {
      this.lose();
      return hint;
    }
    this.keep(this.near, shot, now);
    if (this.isSteady(now)) this.step = "done";
    return "ready";
  }

  private isSteady(now: number): boolean {
    return this.steady >= STEADY && now - this.steadySince >= STEADY_MS;
  }

  private keep(shots: Shot[], shot: Shot, now: number): void {
    if (this.steady === 0) this.steadySince = now;
    this.steady += 1;
    shots.push(shot);
    if (shots.length > KEPT) shots.shift()?.frame.close();
  }
}

/** Return what is wrong with a shot, the most urgent first, but for a distance that is all right here. */
function faultsOf({ hints }: Shot, distance: Hint, isRight: boolean): readonly Hint[] {
  return hints.filter((each) => each !== "ready" && !(isRight && each === distance));
}
