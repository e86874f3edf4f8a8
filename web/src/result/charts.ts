/** Charts of a reading: the four energies as a radar, the five elements in their circle, the archetypes as bars. */

import type { FullReading } from "@gwansang/client";
import { t } from "../texts.ts";
import { h, s, type Child } from "../ui/dom.ts";

const ENERGIES = ["wealth", "social", "health", "love"] as const; // clockwise from the top
const ELEMENTS = ["wood", "fire", "earth", "metal", "water"] as const; // each feeds the next
const SIGNS: Readonly<Record<string, string>> = { wood: "木", fire: "火", earth: "土", metal: "金", water: "水" };
const HIGHEST = 5;

/** Return the radar of the energies, with the numbers as a list for everyone who can't see it. */
export function energyRadar(reading: FullReading): Node {
  const values = ENERGIES.map((id) => reading.energy_values[id] ?? reading.energy_scores[id]);
  const at = (index: number, value: number): string =>
    around(index, ENERGIES.length, (78 * value) / HIGHEST, 110).map((each) => each.toFixed(1)).join(",");
  const ring = (value: number): string => ENERGIES.map((_, index) => at(index, value)).join(" ");
  const labels = ENERGIES.map((id, index) => {
    const [x, y] = around(index, ENERGIES.length, 94, 110);
    const anchor = x > 120 ? "start" : x < 100 ? "end" : "middle";
    return s("text", { x: x + (anchor === "start" ? -8 : anchor === "end" ? 8 : 0), y: y + 5, "text-anchor": anchor }, t(`report.energies.${id}`));
  });
  const svg = s(
    "svg",
    { viewBox: "-14 0 248 220", class: "radar", "aria-hidden": "true" },
    ...[1, 2, 3, 4, 5].map((value) => s("polygon", { class: "ring", points: ring(value) })),
    ...ENERGIES.map((_, index) => s("polyline", { class: "ring", points: `110,110 ${at(index, HIGHEST)}` })),
    s("polygon", { class: "value", points: values.map((value, index) => at(index, value)).join(" ") }),
    ...values.map((value, index) => {
      const [cx, cy] = around(index, ENERGIES.length, (78 * value) / HIGHEST, 110);
      return s("circle", { class: "value-dot", cx, cy, r: 4 });
    }),
    ...labels,
  );
  const numbers = ENERGIES.map((id) => number([t(`report.energies.${id}`)], reading.energy_scores[id], ` / ${HIGHEST}`));
  return h("div", { class: "chart" }, svg, h("ul", { class: "numbers" }, ...numbers));
}

/** Return the circle in which each element feeds the next, as large as its share. */
export function elementCircle({ element }: FullReading): Node {
  const places = ELEMENTS.map((_, index) => around(index, ELEMENTS.length, 76, 110));
  const arcs = places.map(([x, y], index) => {
    const [nextX, nextY] = places[(index + 1) % places.length] ?? [x, y];
    return s("path", { class: "feeds", d: `M${x.toFixed(1)} ${y.toFixed(1)}A76 76 0 0 1 ${nextX.toFixed(1)} ${nextY.toFixed(1)}` });
  });
  const discs = ELEMENTS.flatMap((id, index) => {
    const [x, y] = places[index] ?? [0, 0];
    const r = 13 + 24 * Math.sqrt(element.shares[id] ?? 0);
    const strongest = id === element.primary ? " strongest" : "";
    return [
      s("circle", { class: `element ${id}${strongest}`, cx: x, cy: y, r }),
      s("text", { class: `element-sign ${id}`, x, y: y + 6, "text-anchor": "middle" }, SIGNS[id] ?? ""),
    ];
  });
  const shares = ELEMENTS.map((id) =>
    number([h("i", { class: `swatch ${id}` }), t(`elements.${id}`)], Math.round(100 * (element.shares[id] ?? 0)), "%"),
  );
  const svg = s("svg", { viewBox: "0 0 220 220", class: "elements", "aria-hidden": "true" }, ...arcs, ...discs);
  return h("div", { class: "chart" }, svg, h("ul", { class: "numbers" }, ...shares));
}

function number(name: Child[], value: number, unit: string): Node {
  return h("li", {}, h("span", {}, ...name), h("b", {}, String(value)), h("small", {}, unit));
}

/** Return a line from 0 to 100: a bar that ends there, or 100 people with a mark at one of them; `label` says it in words. */
export function line(kind: "bar" | "rank", percent: number, label: string): Node {
  const mark = h("i", {});
  mark.style.setProperty("--percent", `${percent}%`);
  return h("div", { class: kind, role: "img", "aria-label": label }, mark);
}

function around(index: number, count: number, radius: number, centre: number): [number, number] {
  const angle = (2 * Math.PI * index) / count - Math.PI / 2;
  return [centre + radius * Math.cos(angle), centre + radius * Math.sin(angle)];
}
