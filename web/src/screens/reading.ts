/** While a face is read: its lines draw themselves over the picture. Then the result follows. */

import { readMesh, readPhoto, type ReadingCall } from "../api/calls.ts";
import { ApiError } from "../api/client.ts";
import type { FaceReading } from "../api/types.ts";
import type { FaceLook, MeshInput } from "../face/reader.ts";
import { bytesOf, shownPicture, UPLOAD_SIDE } from "../picture.ts";
import { go, type Screen, type Visit } from "../router.ts";
import { change, state, type Pending, type Picture } from "../state.ts";
import { t } from "../texts.ts";
import { CONTOURS } from "../ui/contours.ts";
import { fill, h, s } from "../ui/dom.ts";
import { FaceView, type Point } from "../ui/face_view.ts";
import { faceReader, giveUpReader, meshOf } from "../vision.ts";

const DRAWING_MS = 2600; // for which the lines are shown at least
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/** Read the face that waits. */
export function readingScreen({ signal }: Visit): Screen {
  const { pending } = state;
  if (pending === null) {
    go(state.result === null ? "" : "result", true);
    return { title: t("reading.title"), content: h("p", {}, t("loading")) };
  }
  const status = h("p", { class: "reading-status", role: "status" }, t("reading.finding"));
  const face = h("div", { class: "reading-face" });
  const after = h("div", { class: "buttons" });
  const content = h("div", { class: "reading" }, h("h1", { tabindex: -1 }, t("reading.title")), face, status, after);
  const attempt = new Attempt(pending, { face, status, after }, signal);
  return { title: t("reading.title"), content, start: () => void attempt.run() };
}

/** One try to read the face that waits. */
class Attempt {
  private readonly pending: Pending;
  private readonly places: { face: HTMLElement; status: HTMLElement; after: HTMLElement };
  private readonly signal: AbortSignal;
  private shown: Promise<void> = Promise.resolve();

  constructor(pending: Pending, places: { face: HTMLElement; status: HTMLElement; after: HTMLElement }, signal: AbortSignal) {
    this.pending = pending;
    this.places = places;
    this.signal = signal;
  }

  async run(): Promise<void> {
    const picture = shownPicture(this.pending.bitmap);
    fill(this.places.face, new FaceView(picture, [], t("reading.picture")).element);
    try {
      const looks = await this.look();
      if (this.signal.aborted) return;
      if (looks === null) this.askToUpload();
      else await this.readPoints(picture, looks);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Return what is seen of the face, or null if this device can't see. */
  private async look(): Promise<readonly FaceLook[] | null> {
    if (this.pending.looks.length > 0) return this.pending.looks;
    const reader = await faceReader();
    if (reader === null) return null;
    const look = await reader.read(await createImageBitmap(this.pending.bitmap)).catch(() => {
      giveUpReader();
      return undefined;
    });
    if (look === undefined) return null;
    if (look === null) throw new ApiError(t("reading.no_face"), 0, "NO_FACE");
    return [look];
  }

  private async readPoints(picture: Picture, looks: readonly FaceLook[]): Promise<void> {
    const mesh = await meshOf(looks);
    this.draw(picture, mesh.landmarks.map(([x, y]) => [x, y]));
    await this.finish(picture, mesh, (options) => readMesh(mesh, null, options));
  }

  private askToUpload(): void {
    const upload = (): void => {
      fill(this.places.after);
      const sent = shownPicture(this.pending.bitmap, UPLOAD_SIDE);
      void this.finish(sent, null, (options) => readPhoto(bytesOf(sent), null, options)).catch((error: unknown) => { this.fail(error); });
    };
    if (this.pending.drawn) {
      upload();
      return;
    }
    fill(this.places.status, t("reading.cannot"));
    fill(
      this.places.after,
      h("button", { type: "button", class: "primary wide", onclick: upload }, t("reading.send")),
      h("a", { class: "button plain", href: "#/" }, t("cancel")),
    );
  }

  private async finish(picture: Picture, mesh: MeshInput | null, read: (options: ReadingCall) => Promise<FaceReading>): Promise<void> {
    fill(this.places.status, t("reading.measuring"));
    const { drawn } = this.pending;
    const reading = await read({ signal: this.signal, anonymous: drawn });
    fill(this.places.status, t("reading.telling"));
    await this.shown;
    if (this.signal.aborted) return;
    this.pending.bitmap.close();
    change({ pending: null, result: { reading, picture, mesh, birthYear: null, drawn } });
    go("result", true);
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
    this.shown = new Promise((resolve) => { setTimeout(resolve, STILL.matches ? 0 : DRAWING_MS); });
  }

  private fail(error: unknown): void {
    if (this.signal.aborted) return;
    fill(this.places.status, error instanceof ApiError ? error.message : t("failed"));
    const needsSignIn = error instanceof ApiError && (error.status === 401 || error.code === "CONSENT_REQUIRED");
    fill(
      this.places.after,
      needsSignIn ? h("a", { class: "button primary", href: state.account === null ? "#/signin" : "#/privacy" }, t(state.account === null ? "menu.sign_in" : "menu.privacy")) : null,
      h("a", { class: "button", href: "#/" }, t("home")),
    );
  }
}

