/** The first screen: two ways to show a face, a drawn face to try without one, and the day of who is signed in. */

import { latestKept, localDay } from "../api/calls.ts";
import { client } from "../api/client.ts";
import { openPicture } from "../picture.ts";
import { fortune } from "../result/sections.ts";
import { type Screen, type Visit } from "../router.ts";
import { state } from "../state.ts";
import { t } from "../texts.ts";
import { fill, h } from "../ui/dom.ts";
import { actionButton } from "../ui/forms.ts";
import { icon } from "../ui/icons.ts";
import { inkFace } from "../ui/ink_face.ts";
import { faceReader } from "../vision.ts";
import sampleUrl from "../assets/sample.jpg";
import { doors, promise, showPhoto } from "./doors.ts";

/** Show the landing. */
export function landingScreen({ signal }: Visit): Screen {
  const day = h("div", { class: "day" });
  const content = h(
    "div",
    { class: "landing" },
    h("div", { class: "opening" }, h("div", { class: "figure" }, inkFace()), h("div", { class: "words" }, ...words(signal))),
    day,
    steps(),
  );
  return { title: t("name"), content, start: () => { prepare(day, signal); } };
}

function words(signal: AbortSignal): Node[] {
  const sample = actionButton([icon("brush"), t("landing.sample")], openSample, { class: "plain" });
  return [
    h("h1", { tabindex: -1 }, t("landing.title")),
    h("p", { class: "lead" }, t("landing.lead")),
    doors(null, state.settings.guests ? sample : null),
    promise(signal),
    state.result === null ? h("span", {}) : h("p", {}, h("a", { href: "#/result" }, t("landing.again"))),
  ];
}

async function openSample(): Promise<void> {
  const picture = await (await fetch(sampleUrl)).blob();
  showPhoto(await openPicture(picture), true, null);
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

/** Load what a first reading needs while the person reads, and show who is signed in the day, each morning anew. */
function prepare(day: HTMLElement, signal: AbortSignal): void {
  setTimeout(() => void faceReader(), 300);
  let shown = "";
  const showDay = async (): Promise<void> => {
    if (state.account === null || shown === localDay() || document.hidden) return;
    shown = localDay();
    const latest = await latestKept();
    const today = latest && (await client.readings.fortune(latest.analysis_id, localDay()));
    if (today !== undefined && !signal.aborted) fill(day, fortune(today), h("p", {}, h("a", { href: "#/days" }, t("fortune.days"))));
  };
  const show = (): void => { void showDay().catch(() => { shown = ""; }); };
  document.addEventListener("visibilitychange", show, { signal });
  show();
}
