/** Screens and their addresses: the part of the URL after "#", so that every screen survives reload and back button. */

import { announceFailure, sentenceOf } from "./ui/announce.ts";
import { fill, find, h } from "./ui/dom.ts";
import { t } from "./texts.ts";

export interface Visit {
  /** Ends when another screen is shown. */
  readonly signal: AbortSignal;
  /** What follows the name of the screen in the address, such as the id of a reading. */
  readonly argument: string;
}

export interface Screen {
  /** Title of the browser's tab. */
  readonly title: string;
  readonly content: Node;
  /** Called when the content is on the page. */
  readonly start?: () => void;
}

export type MakeScreen = (visit: Visit) => Screen | Promise<Screen>;

let screens = new Map<string, MakeScreen>();
let ending = new AbortController();
let first = true;

/** Show the screen of the address now, and of every later one. */
export function startRouter(byName: Readonly<Record<string, MakeScreen>>): void {
  screens = new Map(Object.entries(byName));
  addEventListener("hashchange", showScreen);
  showScreen();
}

/** Go to a screen; `replace` leaves out the present one when the person goes back. */
export function go(address: string, replace = false): void {
  const hash = `#/${address}`;
  if (location.hash === hash) showScreen();
  else if (replace) location.replace(hash);
  else location.hash = hash;
}

/** Make the present screen anew, after its language or the sign-in changed. */
export function showScreen(): void {
  void show().catch(announceFailure);
}

async function show(): Promise<void> {
  ending.abort();
  const own = (ending = new AbortController());
  const [name = "", argument = ""] = location.hash.replace(/^#\/?/, "").split("/").map(decoded);
  const make = screens.get(name) ?? screens.get("");
  const screen = await Promise.resolve(make?.({ signal: own.signal, argument })).catch(failure);
  if (screen !== undefined && !own.signal.aborted) place(name, screen);
}

/** Return the screen that says why the one of the address can't be shown. */
function failure(error: unknown): Screen {
  const title = t("not_shown");
  const retry = h("button", { type: "button", onclick: showScreen }, t("retry"));
  return { title, content: h("div", { class: "narrow" }, h("h1", { tabindex: -1 }, title), h("p", { role: "alert" }, sentenceOf(error)), h("p", {}, retry)) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // "%" and two letters that are none of its codes
  }
}

function place(name: string, screen: Screen): void {
  const main = find("#page");
  fill(main, screen.content);
  main.dataset.screen = name;
  document.title = screen.title === t("name") ? screen.title : `${screen.title} · ${t("name")}`;
  if (!first) {
    scrollTo({ top: 0, behavior: "instant" });
    main.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }
  first = false;
  screen.start?.();
}
