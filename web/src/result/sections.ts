/** Sections of a reading besides the face: topics, fortune, figures, quality, and what comes after it. */

import type { FaceReading, FortuneOut, TopicOut } from "../api/types.ts";
import { state, type Result } from "../state.ts";
import { dateText, t } from "../texts.ts";
import { h } from "../ui/dom.ts";
import { tabs } from "../ui/tabs.ts";
import { bar, elementCircle, energyRadar } from "./charts.ts";

/** Return a section with its heading, which the heading also names. */
export function section(id: string, title: string, ...content: (Node | null)[]): Node {
  return h("section", { class: `card ${id}`, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), ...content);
}

export function topics(all: readonly TopicOut[]): Node | null {
  if (all.length === 0) return null;
  const choices = all.map((topic) => ({ id: topic.id, name: topic.name, content: () => topicText(topic) }));
  return section("topics", t("result.topics"), tabs(t("result.topics"), choices, "segmented"));
}

function topicText(topic: TopicOut): Node {
  const line = (kind: "strength" | "caution" | "today"): Node =>
    h("div", { class: kind }, h("dt", {}, t(`report.topic.${kind}`)), h("dd", {}, topic[kind]));
  return h("div", {}, h("p", {}, topic.text), h("dl", { class: "points" }, line("strength"), line("caution"), line("today")));
}

export function energies(reading: FaceReading): Node {
  return section("energies", t("result.energies"), energyRadar(reading));
}

export function elements(reading: FaceReading): Node {
  return section("five", t("result.elements"), elementCircle(reading), h("p", {}, reading.element.meaning));
}

/** Return the fortune of a day, with a title. */
export function fortune(day: FortuneOut, title = t("fortune.title")): Node {
  const swatch = h("i", { class: "swatch" });
  swatch.style.backgroundColor = day.lucky.color_hex;
  const lucky: [string, (Node | string)[]][] = [
    [t("fortune.color"), [swatch, day.lucky.color]],
    [t("fortune.direction"), [day.lucky.direction]],
    [t("fortune.numbers"), [day.lucky.numbers.join(", ")]],
    [t("fortune.hours"), [day.lucky.hours_name || day.lucky.hours]],
  ];
  return section(
    "fortune",
    title,
    h("p", { class: "place" }, `${dateText(day.date)} · ${day.relation_name}`),
    h("p", { class: "said" }, day.text),
    h("p", { class: "place" }, day.reason),
    h("dl", { class: "lucky", "aria-label": t("fortune.lucky") }, ...lucky.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, ...value)))),
  );
}

export function figures({ archetypes }: FaceReading): Node | null {
  if (archetypes === null) return null;
  const callings = archetypes.callings.map((calling) =>
    h(
      "li",
      {},
      h("div", { class: "measure" }, h("span", {}, calling.name, " ", h("small", { lang: "zh-Hant" }, calling.hanja)), h("b", {}, `${calling.share}%`)),
      bar(calling.share, `${calling.name} ${calling.share}%`),
      calling.id === archetypes.top ? h("p", {}, calling.meaning) : null,
    ),
  );
  const people = archetypes.figures.map((figure) =>
    h(
      "li",
      {},
      h("h3", {}, figure.name, h("small", {}, `${figure.hanja} ${figure.years}`)),
      h("p", {}, figure.text),
      h("p", { class: "place" }, t("result.records", { records: figure.records.join(", ") })),
    ),
  );
  return section(
    "figures",
    t("result.figures"),
    h("p", {}, archetypes.summary),
    h("ul", { class: "bars" }, ...callings),
    h("ul", { class: "people" }, ...people),
    h("p", { class: "help" }, archetypes.note),
  );
}

export function quality({ quality: { advice } }: FaceReading): Node {
  const shown = advice.filter(({ code }) => code !== "LANDMARKS_ONLY");
  const list = h("ul", { class: "advice" }, ...shown.map(({ text }) => h("li", {}, text)));
  return section(
    "quality",
    t("result.quality"),
    shown.length === 0 ? h("p", {}, t("result.quality_good")) : list,
    h("p", {}, h("a", { class: "button", href: "#/" }, t("result.again"))),
  );
}

/** Return how this reading is kept, or how it could be. */
export function keeping({ reading, drawn }: Result): Node | null {
  if (drawn) return null;
  const kept = reading.profile?.text ?? (reading.kept === true ? t("result.kept") : null);
  if (kept !== null) return section("keeping", t("menu.history"), h("p", {}, kept), h("a", { class: "button", href: "#/history" }, t("result.to_history")));
  const share = h("p", {}, t("share.needs"));
  if (state.account === null) {
    return section("keeping", t("result.save"), h("p", {}, t("result.save_text")), share, h("p", {}, h("a", { class: "button", href: "#/signin" }, t("menu.sign_in"))));
  }
  return section("keeping", t("result.save"), h("p", {}, t("result.keep_text")), share, h("p", {}, h("a", { class: "button", href: "#/privacy" }, t("result.keep"))));
}

