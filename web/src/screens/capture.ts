/** When the camera releases by itself: first from afar, then from near, and it does not wait for ever. */

import type { FaceLook, Hint } from "../face/reader.ts";

const NEARER = 1.8; // ratio of the distances, which the reading takes the nearness of the camera out by
const STEADY = 3; // good looks in a row
const KEPT = 3; // looks of each distance
const FAR_SHARE = 0.4; // of the frame's short side; a larger face at the start can't come 1.8 times nearer
const NEAR_LIMIT = 0.8;
const PATIENCE_MS = 5000; // for the second distance, from the last sign of coming nearer
const HINT_PATIENCE_MS = 9000; // after which a usable but imperfect look is taken
const SOFT: ReadonlySet<Hint> = new Set(["move_closer", "move_away", "too_dark", "too_bright", "chin_up", "chin_down", "center"]);

export type Step = "far" | "near" | "done";

export class Capture {
  step: Step = "far";
  private readonly far: FaceLook[] = [];
  private readonly near: FaceLook[] = [];
  private steady = 0;
  private waitingSince: number;
  private nearest = 0;

  constructor(now: number) {
    this.waitingSince = now;
  }

  /** The looks to read: those of both distances, or of the only one. */
  get looks(): readonly FaceLook[] {
    return [...this.far, ...this.near];
  }

  /** Take a look at the frame, or null without a face; return the hint to show. */
  take(look: FaceLook | null, now: number): Hint {
    if (look === null) {
      this.steady = 0;
      return "no_face";
    }
    return this.step === "far" ? this.takeFar(look, now) : this.takeNear(look, now);
  }

  private takeFar(look: FaceLook, now: number): Hint {
    const tooNear = look.quality.faceShare > FAR_SHARE;
    const hint: Hint = look.hint === "ready" && tooNear ? "move_away" : look.hint;
    const impatient = now - this.waitingSince > HINT_PATIENCE_MS && SOFT.has(hint);
    const nearEnough = hint === "move_closer" && look.quality.faceShare > 0.2;
    if (hint !== "ready" && !impatient && !nearEnough) {
      this.steady = 0;
      return hint;
    }
    this.keep(this.far, look);
    if (this.steady < STEADY) return "ready";
    this.step = look.quality.faceShare * NEARER > NEAR_LIMIT ? "done" : "near";
    this.steady = 0;
    this.waitingSince = now;
    this.nearest = look.quality.irisPx;
    return "ready";
  }

  private takeNear(look: FaceLook, now: number): Hint {
    const { irisPx } = look.quality;
    if (irisPx > 1.08 * this.nearest) {
      this.nearest = irisPx;
      this.waitingSince = now;
    }
    if (now - this.waitingSince > PATIENCE_MS) {
      this.step = "done";
      return "ready";
    }
    const farIris = Math.min(...this.far.map((each) => each.quality.irisPx));
    if (irisPx < NEARER * farIris) {
      this.steady = 0;
      return "move_closer";
    }
    if (look.hint !== "ready" && look.hint !== "move_away") {
      this.steady = 0;
      return look.hint;
    }
    this.keep(this.near, look);
    if (this.steady >= STEADY) this.step = "done";
    return "ready";
  }

  private keep(looks: FaceLook[], look: FaceLook): void {
    this.steady += 1;
    looks.push(look);
    if (looks.length > KEPT) looks.shift();
  }
}
