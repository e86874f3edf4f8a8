/** The result: title and story first, then the face, topics, charts, the day, and what can be done next. */

import { readKept } from "../api/calls.ts";
import type { FullReading } from "@gwansang/client";
import { readAgain } from "../reread.ts";
import { elementCircle, energyRadar } from "../result/charts.ts";
import { explorer, faceOf } from "../result/explorer.ts";
import { figures, fortune, keeping, quality, section, topics } from "../result/sections.ts";
import { inviting, sharing } from "../result/sharing.ts";
import { go, type Screen, type Visit } from "../router.ts";
import { state, type Result } from "../state.ts";
import { dateText, t } from "../texts.ts";
import { announceFailure } from "../ui/announce.ts";
import { h } from "../ui/dom.ts";

/** Show the reading of this tab or, with an id, one of the history. */
export async function resultScreen({ argument }: Visit): Promise<Screen> {
  const result = argument === "" ? await currentResult() : await keptResult(argument);
  if (result === null) {
    go("", true);
    return { title: t("name"), content: h("p", {}, t("loading")) };
  }
  return { title: t("result.tab"), content: content(result) };
}

async function currentResult(): Promise<Result | null> {
  const { result } = state;
  if (result === null || result.reading.locale === state.locale) return result;
  return (await readAgain(result, result.birthYear).catch(announceFailure)) ?? result;
}

async function keptResult(id: string): Promise<Result | null> {
  if (state.result?.reading.analysis_id === id) return currentResult();
  const reading = await readKept(id).catch(announceFailure);
  return reading === undefined ? null : { reading, picture: null, mesh: null, birthYear: null, drawn: false, ofAccount: true };
}

function content(result: Result): Node {
  const { reading } = result;
  return h(
    "div",
    { class: "result", lang: reading.locale },
    result.drawn ? h("p", { class: "banner" }, t("result.sample"), " ", h("a", { href: "#/" }, t("result.again"))) : null,
    hero(result),
    fortune(reading.fortune),
    topics(reading.topics),
    explorer(result),
    h(
      "div",
      { class: "pair" },
      section("energies", t("result.energies"), energyRadar(reading)),
      section("five", t("result.elements"), elementCircle(reading), h("p", {}, reading.element.meaning)),
    ),
    figures(reading),
    quality(reading),
    ...(reading.kept === true ? [sharing(reading.analysis_id), inviting(reading.analysis_id)] : []),
    keeping(result),
    notice(reading),
  );
}

function hero(result: Result): Node {
  const { reading } = result;
  const view = faceOf(result);
  const lines = Object.values(reading.parts_analysis).flatMap(({ reasons: [strongest] }) =>
    view === null ? [] : (strongest?.overlays ?? []).slice(0, 2).map((overlay) => view.overlay(overlay, "other")),
  );
  view?.show(t("reading.picture"), ...lines);
  return h(
    "header",
    { class: view === null ? "hero" : "hero with-face" },
    view?.element,
    h(
      "div",
      { class: "told" },
      h("p", { class: "marks" }, h("span", { class: `stamp ${reading.element.primary}` }, reading.element.name), h("span", {}, t("result.score"), " ", h("b", {}, `${reading.overall_score}`))),
      h("h1", { tabindex: -1 }, reading.title || t("result.tab")),
      h("p", { class: "story" }, reading.story),
    ),
  );
}

function notice(reading: FullReading): Node {
  const made = { date: dateText(reading.created_at), engine: reading.engine_version, content: reading.content_version };
  return h("aside", { class: "notice" }, h("p", {}, reading.disclaimer), h("p", { class: "help" }, t("result.made", made)));
}
