/** The face to look at: choose a part, a palace or a year, and see its place on the own face. */

import type { AgePositionOut, PalaceOut, PartOut } from "@gwansang/client";
import { readAgain } from "../reread.ts";
import { showScreen } from "../router.ts";
import { state, type Result } from "../state.ts";
import { t } from "../texts.ts";
import { fill, h } from "../ui/dom.ts";
import { FaceView } from "../ui/face_view.ts";
import { field, form } from "../ui/forms.ts";
import { tabs } from "../ui/tabs.ts";
import { partDetails } from "./part.ts";

type Place = PalaceOut | AgePositionOut;

/** Something with a name that can be chosen, shown on the face and told. */
interface Choice {
  readonly name: string;
  readonly hanja: string;
  readonly chosen?: boolean;
  readonly draw: (view: FaceView) => SVGElement[];
  readonly details: () => Node;
}

/** Return the section of the face; `view` is null for a reading without a picture. */
export function explorer(result: Result): Node {
  const { parts_analysis, palaces } = result.reading;
  const view = faceOf(result);
  const placeChoices = (): Choice[] => palaces.map((each) => placeChoice(each.name.replace(/\(.*\)$/, ""), each.name, each, palaces));
  const choices = [
    { id: "parts", name: t("result.parts"), content: () => chooser(view, Object.values(parts_analysis).map(partChoice)) },
    { id: "palaces", name: t("result.palaces"), content: () => chooser(view, placeChoices()) },
    { id: "years", name: t("result.years"), content: () => years(view, result) },
  ];
  return h(
    "section",
    { class: "explorer", "aria-labelledby": "face-title" },
    h("h2", { id: "face-title" }, t("result.face")),
    h("p", { class: "hint" }, t(view === null ? "result.no_lines" : "result.face_hint")),
    h("div", { class: "explorer-grid" }, view?.element, tabs(t("result.face"), choices, "segmented")),
  );
}

/** Return the picture of a reading with nothing drawn on it yet, or null for one that has no picture or no points. */
export function faceOf({ picture, reading }: Result): FaceView | null {
  const measured = Object.values(reading.parts_analysis).flatMap((part) => part.reasons.flatMap((reason) => reason.overlays));
  const points = [...measured, ...reading.palaces].flatMap((drawn) => drawn.points);
  return picture === null || points.length === 0 ? null : new FaceView(picture, points, t("reading.picture"));
}

function chooser(view: FaceView | null, choices: readonly Choice[]): Node {
  const details = h("div", { class: "details", "aria-live": "polite" });
  const buttons = choices.map((choice) =>
    h("button", { type: "button", class: "chip", onclick: () => { choose(choice); } }, choice.name, h("small", { lang: "zh-Hant" }, choice.hanja)),
  );
  const choose = (choice: Choice): void => {
    buttons.forEach((button, index) => {
      button.setAttribute("aria-pressed", String(choices[index] === choice));
    });
    view?.show(t("result.picture", { name: choice.name }), ...choice.draw(view));
    fill(details, choice.details());
  };
  const first = choices.find((choice) => choice.chosen) ?? choices[0];
  if (first !== undefined) choose(first);
  return h("div", {}, h("div", { class: "chips" }, ...buttons), details);
}

function partChoice(part: PartOut): Choice {
  const overlays = part.reasons.flatMap((reason) => reason.overlays);
  const main = part.reasons.map((reason) => reason.overlay);
  return {
    name: part.name,
    hanja: part.hanja,
    draw: (view) => [
      ...overlays.map((overlay) => view.overlay(overlay, "other")),
      ...main.flatMap((overlay) => (overlay === null ? [] : [view.overlay(overlay, "main")])),
    ],
    details: () => partDetails(part),
  };
}

function ageChoices(all: readonly AgePositionOut[]): Choice[] {
  return all.map((age) => {
    const name = age.current ? `${t("result.this_year")} ${age.counted_age}` : String(age.counted_age);
    return { ...placeChoice(name, age.position, age, all), chosen: age.current };
  });
}

function placeChoice(name: string, title: string, place: Place, all: readonly Place[]): Choice {
  const { hanja } = place;
  const heading = h("h3", {}, title, h("small", { lang: "zh-Hant" }, hanja));
  const details = () => h("article", {}, heading, h("p", { class: "place" }, place.place), h("p", {}, place.meaning));
  return { name, hanja, details, draw: (view) => dots(view, all, place) };
}

function dots(view: FaceView, all: readonly Place[], chosen: Place): SVGElement[] {
  const dotsOf = (place: Place, kind: string) => place.points.map((point) => view.dot(point, kind));
  return [...all.filter((each) => each !== chosen).flatMap((each) => dotsOf(each, "place-dot")), ...dotsOf(chosen, "place-dot chosen")];
}

function years(view: FaceView | null, result: Result): Node {
  const { ages, zones } = result.reading;
  const told = [zones.upper, zones.middle, zones.lower].flatMap((zone) =>
    zone ? [h("li", {}, h("b", {}, zone.name), h("span", { class: "place" }, zone.years), h("p", {}, zone.meaning))] : [],
  );
  view?.show(t("reading.picture"));
  return h(
    "div",
    {},
    ages.positions.length > 0 ? chooser(view, ageChoices(ages.positions)) : birthYear(result),
    h("h3", {}, t("result.zones")),
    h("ol", { class: "zones" }, ...told),
  );
}

function birthYear(result: Result): Node | null {
  if (result.mesh === null && result.picture === null) return null;
  const year = field("birth_year", t("result.birth_year"), { inputmode: "numeric", pattern: "[0-9]{4}", maxlength: 4, required: true }, t("result.birth_year_text"));
  return form([year], t("result.birth_year_show"), async (values) => {
    await readAgain(state.result ?? result, Number(values.get("birth_year")));
    showScreen();
  });
}
