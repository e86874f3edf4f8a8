/** The first screen: two buttons, what happens with the photo, and a drawn face to try without one. */

import { listReadings, readFortune, readNotice } from "../api/calls.ts";
import { fortune } from "../result/sections.ts";
import { go, type Screen, type Visit } from "../router.ts";
import { change, state, watch } from "../state.ts";
import { t } from "../texts.ts";
import { announce, attempt } from "../ui/announce.ts";
import { fill, h } from "../ui/dom.ts";
import { icon } from "../ui/icons.ts";
import { inkFace } from "../ui/ink_face.ts";
import { openPicture } from "../picture.ts";
import { faceReader } from "../vision.ts";
import sampleUrl from "../assets/sample.jpg";
import { showNotice } from "./notice.ts";

/** Show the landing. */
export function landingScreen({ signal }: Visit): Screen {
  const day = h("div", { class: "day" });
  const input: HTMLInputElement = h("input", {
    type: "file",
    accept: "image/*",
    hidden: true,
    onchange: () => void openChosen(input),
  });
  const content = h(
    "div",
    { class: "landing" },
    h("div", { class: "opening" }, h("div", { class: "figure" }, inkFace()), h("div", { class: "words" }, ...words(input, signal))),
    day,
    steps(),
  );
  return { title: t("name"), content, start: () => { prepare(day, signal); } };
}

function words(input: HTMLInputElement, signal: AbortSignal): Node[] {
  const readable = state.settings.guests || state.account !== null;
  return [
    h("h1", { tabindex: -1 }, t("landing.title")),
    h("p", { class: "lead" }, t("landing.lead")),
    ...(readable ? doors(input) : [h("p", { class: "banner" }, t("landing.sign_in_first")), h("p", {}, h("a", { class: "button primary", href: "#/signin" }, t("menu.sign_in")))]),
    promise(signal),
    state.result === null ? h("span", {}) : h("p", {}, h("a", { href: "#/result" }, t("landing.again"))),
  ];
}

function doors(input: HTMLInputElement): Node[] {
  const camera = h("button", { type: "button", class: "primary wide", onclick: () => void begin(camera, "camera", () => { go("camera"); }) }, icon("camera"), t("landing.camera"));
  const photo = h("button", { type: "button", class: "wide", onclick: () => void begin(photo, "photo", () => { input.click(); }) }, icon("photo"), t("landing.photo"));
  const sample = h("button", { type: "button", class: "plain", onclick: () => void openSample(sample) }, icon("brush"), t("landing.sample"));
  return [h("div", { class: "doors" }, camera, photo, input, state.settings.guests ? sample : null)];
}

/** Show the notice the first time, and then go on with what was tapped. */
async function begin(button: HTMLElement, way: "camera" | "photo", act: () => void): Promise<void> {
  await attempt(button, async () => {
    if (state.noticeVersion > 0) {
      act();
      return;
    }
    showNotice(await readNotice(), t(`notice.accept_${way}`), act);
  }, t("failed"));
}

async function openChosen(input: HTMLInputElement): Promise<void> {
  const file = input.files?.[0];
  input.value = "";
  if (file === undefined) return;
  try {
    change({ pending: { bitmap: await openPicture(file), looks: [], drawn: false } });
    go("reading");
  } catch {
    announce(t("reading.unreadable"));
  }
}

async function openSample(button: HTMLElement): Promise<void> {
  await attempt(button, async () => {
    const picture = await (await fetch(sampleUrl)).blob();
    change({ pending: { bitmap: await openPicture(picture), looks: [], drawn: true } });
    go("reading");
  }, t("failed"));
}

/** Return what happens with the photo; it changes once it is known whether faces are found on this device. */
export function promise(signal: AbortSignal): Node {
  const place = h("p", { class: "promise", role: "status" });
  const draw = (): void => {
    const way = state.onDevice === false ? "upload" : "device";
    fill(place, icon(way === "device" ? "lock" : "cloud"), h("span", {}, h("b", {}, t(`promise.${way}`)), h("small", {}, t(`promise.${way}_text`))));
  };
  draw();
  watch((changed) => { if ("onDevice" in changed) draw(); }, signal);
  return place;
}

function steps(): Node {
  const names = ["look", "measure", "read"] as const;
  return h(
    "section",
    { class: "steps", "aria-labelledby": "steps-title" },
    h("h2", { id: "steps-title" }, t("landing.steps")),
    h("ol", {}, ...names.map((name) => h("li", {}, h("h3", {}, t(`landing.step_${name}`)), h("p", {}, t(`landing.step_${name}_text`))))),
    h("p", { class: "same" }, t("landing.same")),
  );
}

/** Load what a first reading needs while the person reads, and show who is signed in the day. */
function prepare(day: HTMLElement, signal: AbortSignal): void {
  setTimeout(() => void faceReader(), 300);
  if (state.account !== null) void showDay(day, signal).catch(() => undefined);
}

async function showDay(day: HTMLElement, signal: AbortSignal): Promise<void> {
  const [latest] = (await listReadings(1)).items;
  if (latest === undefined) return;
  const today = await readFortune(latest.analysis_id);
  if (!signal.aborted) fill(day, fortune(today), h("p", {}, h("a", { href: "#/history" }, t("menu.history"))));
}
