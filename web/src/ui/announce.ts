/** Short messages: shown for a moment, and read aloud by a screen reader. */

import { GwansangError } from "@gwansang/client";
import { ReadableError, t } from "../texts.ts";
import { find } from "./dom.ts";

const SHOWN_MS = 6000;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Show a message and have it read aloud. */
export function announce(message: string): void {
  const place = find("#toast");
  place.textContent = message;
  place.dataset.shown = "";
  clearTimeout(timer);
  timer = setTimeout(() => {
    delete place.dataset.shown;
    place.textContent = "";
  }, SHOWN_MS);
}

/** Show why something failed. */
export function announceFailure(error: unknown): undefined {
  announce(sentenceOf(error));
}

/** Return what is said of a failure. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ReadableError) return error.message;
  if (!(error instanceof GwansangError) || error.code === "UNEXPECTED_ANSWER") return t("failed");
  return error.code === "UNREACHABLE" ? t(navigator.onLine ? "failed" : "offline") : error.message;
}

/** Do what a button is for, with the button switched off meanwhile; a failure is shown as its sentence. */
export async function attempt(button: HTMLElement, act: () => Promise<void>): Promise<void> {
  button.setAttribute("aria-busy", "true");
  if (button instanceof HTMLButtonElement) button.disabled = true;
  try {
    await act();
  } catch (error) {
    announceFailure(error);
  } finally {
    button.removeAttribute("aria-busy");
    if (button instanceof HTMLButtonElement) button.disabled = false;
  }
}
