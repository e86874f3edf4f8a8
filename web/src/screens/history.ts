/** The readings that were kept, each to open, to compare with the latest one, and to delete. */

import { latestKept } from "../api/calls.ts";
import { client } from "../api/client.ts";
import type { ComparisonOut, KeptReadingOut } from "@gwansang/client";
import { showScreen, type Screen, type Visit } from "../router.ts";
import { change, state } from "../state.ts";
import { momentText, t } from "../texts.ts";
import { announce } from "../ui/announce.ts";
import { fill, h } from "../ui/dom.ts";
import { actionButton, deleteButton } from "../ui/forms.ts";
import { narrow, signInScreen } from "./account.ts";

export async function historyScreen({ argument }: Visit): Promise<Screen> {
  if (state.account === null) return signInScreen();
  const page = Number(argument) || 1;
  const readings = await client.call("GET", "/api/v1/analysis", { query: { page, size: 20 } });
  if (readings.total === 0) {
    return narrow(
      t("history.title"),
      h("p", {}, t("history.empty")),
      h("p", {}, t("history.empty_text")),
      h("p", {}, h("a", { class: "button primary", href: "#/" }, t("history.read")), " ", h("a", { class: "button", href: "#/privacy" }, t("history.agree"))),
    );
  }
  const latest = page === 1 ? readings.items[0] : await latestKept();
  return narrow(
    t("history.title"),
    h("ul", { class: "kept" }, ...readings.items.map((reading) => entry(reading, latest ?? reading))),
    page < (readings.pages ?? 1) ? h("p", {}, h("a", { class: "button", href: `#/history/${page + 1}` }, t("history.more"))) : null,
  );
}

function entry(reading: KeptReadingOut, latest: KeptReadingOut): Node {
  const date = momentText(reading.created_at);
  const compared = h("div", { class: "compared", "aria-live": "polite" });
  const compare = async (): Promise<void> => { fill(compared, comparison(await client.readings.compare(reading.analysis_id, latest.analysis_id))); };
  const isLatest = reading.analysis_id === latest.analysis_id;
  return h(
    "li",
    { class: "card" },
    h(
      "a",
      { class: "open", href: `#/result/${reading.analysis_id}`, "aria-label": t("history.open", { date }) },
      h("span", { class: `stamp ${reading.element}` }, t(`elements.${reading.element}`)),
      h("b", {}, date),
      h("span", { class: "place" }, t("history.score", { score: reading.overall_score })),
    ),
    h("div", { class: "buttons row" }, isLatest ? null : actionButton(t("history.compare"), compare, { class: "plain" }), deletion(reading)),
    compared,
  );
}

function deletion(reading: KeptReadingOut): Node {
  return deleteButton(t("history.delete"), async () => {
    await client.readings.delete(reading.analysis_id);
    if (state.result?.reading.analysis_id === reading.analysis_id) change({ result: null });
    announce(t("history.deleted"));
    showScreen();
  });
}

function comparison({ text, parts }: ComparisonOut): Node {
  const changed = Object.values(parts).filter((part) => part.changed);
  return h(
    "div",
    {},
    h("p", {}, text),
    h("ul", { class: "changed" }, ...changed.map((part) => h("li", {}, h("b", {}, part.name), " ", t("history.was", { shape: part.a.shape }), " → ", t("history.is", { shape: part.b.shape })))),
  );
}
