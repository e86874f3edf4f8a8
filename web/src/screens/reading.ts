/** While a face is read: its lines draw themselves over the picture. Then the reading or the match follows. */

import { readFace, redeemInvitation } from "../api/calls.ts";
import { GwansangError } from "@gwansang/client";
import type { FaceLook, MeshInput } from "@gwansang/face";
import { bytesOf, shownPicture, UPLOAD_SIDE } from "../picture.ts";
import { go, type Screen, type Visit } from "../router.ts";
import { change, state, type Pending, type Picture } from "../state.ts";
import { ReadableError, t } from "../texts.ts";
import { sentenceOf } from "../ui/announce.ts";
import { CONTOURS } from "../ui/contours.ts";
import { fill, h, s } from "../ui/dom.ts";
import { FaceView, type Point } from "../ui/face_view.ts";
import { faceReader, giveUpReader, meshOf } from "../vision.ts";

const DRAWING_MS = 2600; // for which the lines are shown at least
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/** The elements of the screen that change. */
interface Places {
  readonly title: HTMLElement;
  readonly face: HTMLElement;
  readonly status: HTMLElement;
  readonly after: HTMLElement;
}

/** Read the face that waits. */
export function readingScreen({ signal }: Visit): Screen {
  const { pending } = state;
  const shown = pending?.frames[0];
  if (pending === null || shown === undefined) {
    go(state.result === null ? "" : "result", true);
    return { title: t("reading.title"), content: h("p", {}, t("loading")) };
  }
  const status = h("p", { class: "reading-status", role: "status" }, t("reading.finding"));
  const face = h("div", { class: "reading-face" });
  const after = h("div", { class: "buttons" });
  const title = h("h1", { tabindex: -1 }, t("reading.title"));
  const content = h("div", { class: "reading" }, title, face, status, after);
  const attempt = new Attempt(pending, shown, { title, face, status, after }, signal);
  return { title: t("reading.title"), content, start: () => void attempt.run() };
}

/** One try to read the face that waits. */
class Attempt {
  private readonly pending: Pending;
  private readonly places: Places;
  private readonly signal: AbortSignal;
  private shown: ImageBitmap;
  private drawn: Promise<void> = Promise.resolve();

  constructor(pending: Pending, shown: ImageBitmap, places: Places, signal: AbortSignal) {
    this.pending = pending;
    this.shown = shown;
    this.places = places;
    this.signal = signal;
  }

  /** Where the person came from. */
  private get back(): string {
    const { invitation } = this.pending;
    return invitation === null ? "#/" : `#/match/${invitation}`;
  }

  async run(): Promise<void> {
    fill(this.places.face, new FaceView(shownPicture(this.shown), [], t("reading.picture")).element);
    try {
      const looks = await this.look();
      if (this.signal.aborted) return;
      if (looks === null) this.askToUpload();
      else await this.readPoints(looks);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Return what is seen of the face, and show the first frame with it; null if this device can't see. */
  private async look(): Promise<readonly FaceLook[] | null> {
    const reader = await faceReader();
    if (reader === null) return null;
    const found: FaceLook[] = [];
    try {
      for (const frame of this.pending.frames) {
        const look = await reader.read(await createImageBitmap(frame));
        if (look !== null && found.length === 0) this.shown = frame;
        if (look !== null) found.push(look);
      }
    } catch {
      giveUpReader();
      return null;
    }
    if (found.length === 0) throw new ReadableError(t("reading.no_face"));
    return found;
  }

  private async readPoints(looks: readonly FaceLook[]): Promise<void> {
    const picture = shownPicture(this.shown);
    const mesh = await meshOf(looks);
    this.draw(picture, mesh.landmarks.map(([x, y]) => [x, y]));
    await this.finish(picture, mesh);
  }

  private askToUpload(): void {
    const upload = (): void => {
      fill(this.places.after);
      void this.finish(shownPicture(this.shown, UPLOAD_SIDE), null).catch((error: unknown) => { this.fail(error); });
    };
    if (this.pending.drawn) {
      upload();
      return;
    }
    fill(this.places.status, t("reading.cannot"));
    fill(
      this.places.after,
      h("button", { type: "button", class: "primary wide", onclick: upload }, t("reading.send")),
      h("a", { class: "button plain", href: this.back }, t("cancel")),
    );
  }

  /** Send the mesh or, without one, the picture, and show what comes back. */
  private async finish(picture: Picture, mesh: MeshInput | null): Promise<void> {
    fill(this.places.status, t("reading.measuring"));
    const { drawn, frames, invitation } = this.pending;
    const face = mesh ?? bytesOf(picture);
    const options = { signal: this.signal, anonymous: drawn };
    const answer = invitation === null
      ? { result: { reading: await readFace(face, null, options), picture, mesh, birthYear: null, drawn, ofAccount: state.account !== null && !drawn } }
      : { match: { code: invitation, told: await redeemInvitation(face, invitation, options) } };
    fill(this.places.status, t("reading.telling"));
    await this.drawn;
    if (this.signal.aborted) return;
    frames.forEach((frame) => { frame.close(); });
    change({ pending: null, ...answer });
    go(invitation === null ? "result" : `match/${invitation}`, true);
  }

  /** Draw the lines of the face over the picture, one after another. */
  private draw(picture: Picture, points: readonly Point[]): void {
    const view = new FaceView(picture, points, t("reading.picture"));
    const lines = CONTOURS.map(({ kind, vertices }) => {
      const d = view.path(vertices.flatMap((vertex) => points.slice(vertex, vertex + 1)));
      return s("path", { class: `contour ${kind}`, d, pathLength: 1 });
    });
    lines.forEach((line, index) => { line.style.animationDelay = `${index * 80}ms`; });
    const dots = points.map((point) => view.dot(point, "mesh-dot"));
    view.show(t("reading.picture"), ...dots, ...lines);
    fill(this.places.face, view.element);
    this.drawn = new Promise((resolve) => { setTimeout(resolve, STILL.matches ? 0 : DRAWING_MS); });
  }

  private fail(error: unknown): void {
    if (this.signal.aborted) return;
    fill(this.places.title, t("reading.not_read"));
    fill(this.places.status, sentenceOf(error));
    if (this.pending.invitation !== null) change({ returnTo: `match/${this.pending.invitation}` });
    const needsSignIn = error instanceof GwansangError && (error.status === 401 || error.code === "CONSENT_REQUIRED");
    fill(
      this.places.after,
      needsSignIn ? h("a", { class: "button primary", href: state.account === null ? "#/signin" : "#/privacy" }, t(state.account === null ? "menu.sign_in" : "menu.privacy")) : null,
      h("a", { class: "button", href: this.back }, t(this.pending.invitation === null ? "home" : "match.back")),
    );
  }
}

