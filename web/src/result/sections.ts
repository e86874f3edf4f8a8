/** Sections of a reading besides the face: topics, fortune, figures, quality, and what comes after it. */

import type { FullReading, FortuneOut, TopicOut } from "@gwansang/client";
import { state, type Result } from "../state.ts";
import { dateText, t } from "../texts.ts";
import { h, type Child } from "../ui/dom.ts";
import { tabs } from "../ui/tabs.ts";
import { line } from "./charts.ts";

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
  const points = (["strength", "caution", "today"] as const).map((kind) => term(t(`report.topic.${kind}`), [topic[kind]], kind));
  return h("div", {}, h("p", {}, topic.text), h("dl", { class: "points" }, ...points));
}

/** Return a name and what it stands for, as an item of a `dl`. */
export function term(name: string, value: Child[], kind?: string): Node {
  return h("div", { class: kind }, h("dt", {}, name), h("dd", {}, ...value));
}

/** Return the fortune of a day, with a title. */
export function fortune(day: FortuneOut, title = t("fortune.title")): Node {
  const swatch = h("i", { class: "swatch" });
  const { color, color_hex, direction, numbers, hours, hours_name = "" } = day.lucky;
  swatch.style.backgroundColor = color_hex;
  const lucky = [
    term(t("fortune.color"), [swatch, color]),
    term(t("fortune.direction"), [direction]),
    term(t("fortune.numbers"), [numbers.join(", ")]),
    term(t("fortune.hours"), [hours_name || hours]),
  ];
  return section(
    "fortune",
    title,
    h("p", { class: "place" }, `${dateText(day.date)} · ${day.relation_name}`),
    h("p", { class: "said" }, day.text),
    h("p", { class: "place" }, day.reason),
    h("dl", { class: "lucky", "aria-label": t("fortune.lucky") }, ...lucky),
  );
}

export function figures({ archetypes }: FullReading): Node | null {
  if (archetypes === null) return null;
  const callings = archetypes.callings.map((calling) =>
    h(
      "li",
      {},
      h("div", { class: "measure" }, h("span", {}, calling.name, " ", h("small", { lang: "zh-Hant" }, calling.hanja)), h("b", {}, `${calling.share}%`)),
      line("bar", calling.share, `${calling.name} ${calling.share}%`),
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

export function quality({ quality: { advice } }: FullReading): Node {
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
  const [why, href, name] = state.account === null
    ? [t("result.save_text"), "#/signin", t("menu.sign_in")]
    : [t("result.keep_text"), "#/privacy", t("result.keep")];
  const way = h("a", { class: "button", href }, name);
  return section("keeping", t("result.save"), h("p", {}, why), h("p", {}, t("share.needs")), h("p", {}, way));
}
