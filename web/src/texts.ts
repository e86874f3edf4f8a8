/** The texts of the page in the language that was chosen; all come from the text folders of the product. */

import { change, state, type Settings, type Texts } from "./state.ts";

/** An error whose message is a sentence for people; that of any other error is not shown. */
export class ReadableError extends Error {}

const SETTINGS = "/web/settings.json";

/** Load the settings and the texts of the language that was chosen before, or that the browser prefers. */
export async function loadTexts(): Promise<void> {
  const settings = await fetchJson<Settings>(SETTINGS);
  change({ settings });
  const preferred = [state.locale, ...navigator.languages.map((language) => language.slice(0, 2).toLowerCase())];
  const codes = settings.locales.map((locale) => locale.code);
  await chooseLocale(preferred.find((code) => codes.includes(code)) ?? codes[0] ?? "");
}

/** Switch to a language of the list. */
export async function chooseLocale(code: string): Promise<void> {
  const locale = state.settings.locales.find((each) => each.code === code);
  if (locale === undefined) return;
  const texts = await fetchJson<Texts>(locale.texts);
  change({ locale: code, texts });
  document.documentElement.lang = code;
}

/** Return a text by its path, such as "landing.title", with its {fields} filled in. */
export function t(path: string, fields: Record<string, string | number> = {}): string {
  const text = path.split(".").reduce<string | Texts | undefined>(
    (found, key) => (typeof found === "object" ? found[key] : undefined),
    state.texts,
  );
  if (typeof text !== "string") return path;
  return text.replace(/{(\w+)}/g, (whole, name: string) => String(fields[name] ?? whole));
}

/** Return a date of the API in the language of the page. */
export function dateText(iso: string, style: "long" | "medium" = "long"): string {
  const date = iso.length === 10 ? new Date(`${iso}T00:00:00`) : new Date(iso);
  return new Intl.DateTimeFormat(state.locale, { dateStyle: style }).format(date);
}

/** Return a moment of the API, with its time of day, in the language of the page. */
export function momentText(iso: string): string {
  return new Intl.DateTimeFormat(state.locale, { dateStyle: "long", timeStyle: "short" }).format(new Date(iso));
}

/** Return the day of the week and of the month, in short. */
export function dayName(iso: string): string {
  return new Intl.DateTimeFormat(state.locale, { weekday: "short", day: "numeric" }).format(new Date(`${iso}T00:00:00`));
}

async function fetchJson<Kind>(path: string): Promise<Kind> {
  const answer = await fetch(path).catch(() => null);
  if (!answer?.ok) throw new ReadableError(t("no_texts"));
  return (await answer.json()) as Kind;
}
