/** What surrounds every screen: skip link, header with language and theme, footer, and the place of messages. */

import { showScreen } from "./router.ts";
import { change, state, watch, type Theme } from "./state.ts";
import { chooseLocale, t } from "./texts.ts";
import { attempt } from "./ui/announce.ts";
import { fill, find, h } from "./ui/dom.ts";
import { icon } from "./ui/icons.ts";

const DARK = matchMedia("(prefers-color-scheme: dark)");

/** Put header and footer around the screen, and renew them with language, theme and sign-in. */
export function startShell(): void {
  drawShell();
  watch((changed) => {
    if ("texts" in changed || "theme" in changed || "account" in changed) drawShell();
  });
  DARK.addEventListener("change", drawShell);
}

function drawShell(): void {
  const theme = themeNow();
  if (state.theme === null) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = state.theme;
  find('meta[name="theme-color"]').setAttribute("content", theme === "dark" ? "#1d1a17" : "#f4ecdb");
  find('meta[name="description"]').setAttribute("content", t("description"));
  fill(find("#header"), skipLink(), brand(), menu(theme));
  fill(find("#footer"), footer());
}

function themeNow(): Theme {
  return state.theme ?? (DARK.matches ? "dark" : "light");
}

function skipLink(): Node {
  const skip = (event: Event): void => {
    event.preventDefault(); // the part of the address after "#" names a screen
    find("#page").focus();
  };
  return h("a", { id: "skip", class: "skip", href: "#page", onclick: skip }, t("skip"));
}

function brand(): Node {
  return h("a", { class: "brand", href: "#/" }, find("#header .seal"), h("span", {}, t("name")));
}

function menu(theme: Theme): Node {
  const other: Theme = theme === "dark" ? "light" : "dark";
  const switchTheme = (): void => { change({ theme: other }); };
  const account = state.account === null ? { href: "#/signin", text: t("menu.sign_in") } : { href: "#/account", text: t("menu.account") };
  return h(
    "nav",
    { class: "menu", "aria-label": t("menu.label") },
    languages(),
    h("button", { type: "button", class: "round", "aria-label": t(`menu.${other}`), onclick: switchTheme }, icon(other === "dark" ? "moon" : "sun")),
    h("a", { class: "round", href: account.href, "aria-label": account.text }, icon("person")),
  );
}

function languages(): Node {
  const options = state.settings.locales.map(({ code, name }) =>
    h("option", { value: code, lang: code, selected: code === state.locale }, name),
  );
  const choose = async (): Promise<void> => {
    await chooseLocale(select.value);
    showScreen();
    find("#header select").focus();
  };
  const select: HTMLSelectElement = h("select", { "aria-label": t("menu.language"), onchange: () => void attempt(select, choose) }, ...options);
  return select;
}

function footer(): Node {
  const link = (href: string, text: string): Node => h("a", { href }, text);
  return h(
    "p",
    { class: "links" },
    link("#/privacy", t("menu.privacy")),
    state.account === null ? null : link("#/history", t("menu.history")),
    state.settings.docs ? link("/docs", t("menu.developers")) : null,
  );
}
