/** The camera: an oval, one hint at a time, and a shutter that releases itself once the face is well seen. */

import type { FaceReader, Hint } from "@gwansang/face";
import { go, type Screen, type Visit } from "../router.ts";
import { change } from "../state.ts";
import { t } from "../texts.ts";
import { fill, h, s } from "../ui/dom.ts";
import { faceReader } from "../vision.ts";
import { Capture, type Step } from "./capture.ts";
import { photoDoor, promise } from "./doors.ts";

const HINT_MS = 900; // for which a hint stays, so that it can be read
const VIDEO: MediaTrackConstraints = { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } };

interface Parts {
  readonly video: HTMLVideoElement;
  readonly oval: SVGElement;
  readonly hint: HTMLElement;
  readonly shutter: HTMLButtonElement;
  /** The code of the invitation that the face is shown for. */
  readonly invitation: string | null;
}

/** Show the camera; the argument of its address is the code of an invitation. */
export function cameraScreen({ signal, argument }: Visit): Screen {
  const video = h("video", { playsinline: true, muted: true, "aria-hidden": "true" });
  video.muted = true;
  const oval = s("svg", { class: "oval", viewBox: "0 0 300 400", preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true" },
    s("path", { class: "veil", d: "M-300 -400H600V800H-300Z M150 85C205 85 228 130 228 190C228 255 195 305 150 305C105 305 72 255 72 190C72 130 95 85 150 85Z" }),
    s("ellipse", { class: "edge", cx: 150, cy: 195, rx: 78, ry: 110, pathLength: 100 }),
  );
  const hint = h("p", { class: "camera-hint", role: "status", "aria-live": "polite" }, t("camera.starting"));
  const shutter = h("button", { type: "button", class: "primary shutter", hidden: true }, t("camera.shutter"));
  const content = h(
    "div",
    { class: "camera" },
    h("h1", { tabindex: -1, class: "quiet" }, t("camera.title")),
    h("div", { class: "stage" }, video, oval),
    hint,
    promise(signal),
    h("div", { class: "buttons" }, shutter, h("a", { class: "button plain", href: argument === "" ? "#/" : `#/match/${argument}` }, t("cancel"))),
  );
  const parts = { video, oval, hint, shutter, invitation: argument || null };
  return { title: t("camera.title"), content, start: () => void run(parts, signal) };
}

async function run(parts: Parts, signal: AbortSignal): Promise<void> {
  try {
    await open(parts.video, signal);
  } catch {
    if (!signal.aborted) offerPhoto(parts);
    return;
  }
  parts.oval.toggleAttribute("data-upright", parts.video.videoHeight > parts.video.videoWidth);
  fill(parts.hint, t("camera.preparing"));
  const reader = await faceReader();
  if (signal.aborted) return;
  if (reader === null) manual(parts);
  else await watchFace(parts, reader, signal).catch(() => { manual(parts); });
}

async function open(video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: VIDEO, audio: false });
  const stop = (): void => { stream.getTracks().forEach((track) => { track.stop(); }); };
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  video.srcObject = stream;
  await video.play();
}

/** Without a camera a photo can be chosen. */
function offerPhoto({ oval, hint, shutter, invitation }: Parts): void {
  oval.parentElement?.remove();
  fill(hint, t("camera.denied"));
  shutter.before(...photoDoor(invitation, "primary"));
}

/** Without a reader in the browser the person releases, and the photo is sent. */
function manual({ video, hint, shutter, invitation }: Parts): void {
  fill(hint, t("camera.far"));
  shutter.hidden = false;
  shutter.addEventListener("click", () => {
    void createImageBitmap(video).then((frame) => { finish([frame], invitation); });
  });
}

/** Glance at one frame after another until the camera releases; the frames that are kept are looked at when they are read. */
async function watchFace(parts: Parts, reader: FaceReader, signal: AbortSignal): Promise<void> {
  const capture = new Capture(performance.now());
  const say = saying(parts.hint);
  while (capture.step !== "done") {
    const frame = await createImageBitmap(parts.video);
    const { hints, quality } = await reader.glance(await createImageBitmap(frame));
    if (signal.aborted) return;
    const hint = quality === null ? hints[0] : capture.take({ hints, quality, frame }, performance.now());
    if (quality === null) {
      capture.lose();
      frame.close();
    }
    say(wordsOf(hint, capture.step));
    parts.oval.dataset.step = capture.step;
    parts.oval.toggleAttribute("data-good", hint === "ready");
  }
  finish(capture.shots.map(({ frame }) => frame), parts.invitation);
}

function wordsOf(hint: Hint, step: Step): string {
  if (hint === "ready") return t("live.steady");
  return hint === "move_closer" && step === "near" ? t("camera.near") : t(`live.${hint}`);
}

/** Return what shows a hint, each long enough to be read. */
function saying(place: HTMLElement): (words: string) => void {
  let shown = t("camera.far");
  let shownAt = 0;
  fill(place, shown);
  return (words) => {
    const now = performance.now();
    if (words === shown || now - shownAt < HINT_MS) return;
    [shown, shownAt] = [words, now];
    fill(place, words);
  };
}

function finish(frames: readonly ImageBitmap[], invitation: string | null): void {
  change({ pending: { frames, drawn: false, invitation } });
  go("reading", true);
}
