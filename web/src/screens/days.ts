/** The fortunes of seven days for the latest kept reading, today's first. */

import { latestKept, localDay } from "../api/calls.ts";
import { client } from "../api/client.ts";
import { fortune } from "../result/sections.ts";
import type { Screen } from "../router.ts";
import { state } from "../state.ts";
import { dayName, t } from "../texts.ts";
import { h } from "../ui/dom.ts";
import { tabs } from "../ui/tabs.ts";
import { narrow, signInScreen } from "./account.ts";

const DAYS = 7;

export async function daysScreen(): Promise<Screen> {
  if (state.account === null) return signInScreen();
  const latest = await latestKept();
  const days = latest === undefined ? [] : await client.call("GET", "/api/v1/analysis/{analysis_id}/fortunes", {
    path: { analysis_id: latest.analysis_id },
    query: { date: localDay(), days: DAYS },
  });
  if (days.length === 0) {
    return narrow(t("fortune.days"), h("p", {}, t("fortune.needs")), h("p", {}, h("a", { class: "button primary", href: "#/" }, t("history.read"))));
  }
  const choices = days.map((day, index) => {
    const name = index === 0 ? t("fortune.today") : dayName(day.date);
    return { id: day.date, name, content: () => fortune(day, index === 0 ? t("fortune.title") : t("fortune.of", { day: name })) };
  });
  return narrow(t("fortune.days"), tabs(t("fortune.days"), choices, "days"));
}
