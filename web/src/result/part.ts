/** One part of the face in words: its shape, what it means, and why it was read so. */

import type { ClassicOut, PartOut, ReasonOut } from "@gwansang/client";
import { state } from "../state.ts";
import { t } from "../texts.ts";
import { h } from "../ui/dom.ts";
import { line } from "./charts.ts";

/** Return the details of a part. */
export function partDetails(part: PartOut): Node {
  return h(
    "article",
    {},
    h("h3", {}, part.shape),
    part.decided || part.shape_id === "unseen" ? null : h("p", { class: "tag" }, t("result.undecided")),
    h("p", {}, part.meaning),
    part.note === "" ? null : h("p", { class: "note" }, part.note),
    part.reasons.length === 0 ? null : reasons(part.reasons),
    h("p", { class: "place" }, t("result.support", { percent: Math.round(100 * part.reliability) })),
  );
}

function reasons(all: readonly ReasonOut[]): Node {
  return h("div", {}, h("h4", {}, t("result.reasons")), h("ul", { class: "reasons" }, ...all.map(reason)));
}

function reason({ label, value, unit, percentile, classic }: ReasonOut): Node {
  const words = t("result.percentile", { n: percentile });
  return h(
    "li",
    {},
    h("div", { class: "measure" }, h("span", {}, label), h("b", {}, number(value, unit))),
    line("rank", percentile, words),
    h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, t("result.low")), h("span", {}, words), h("span", {}, t("result.high"))),
    classic === null ? null : quotation(classic),
  );
}

/** Return a quotation of a classical book with its reading and meaning. */
export function quotation({ quote, sound = "", meaning, book = "", chapter = "" }: ClassicOut): Node {
  return h(
    "figure",
    { class: "classic" },
    h("blockquote", {}, h("span", { lang: "zh-Hant" }, quote), sound === "" ? null : h("small", {}, sound)),
    h("figcaption", {}, meaning, " — ", t("result.classic", { book, chapter })),
  );
}

function number(value: number, unit: string): string {
  const digits = unit === "deg" ? 1 : 2;
  const text = new Intl.NumberFormat(state.locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return text.format(value) + (unit === "deg" ? "°" : "");
}
