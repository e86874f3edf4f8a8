/** The state of the page, all of it, and where it is kept: preferences and sign-in on the device, a reading in its tab. */

import type { CompatibilityOut, FullReading, TokenStore, Tokens } from "@gwansang/client";
import type { MeshInput } from "@gwansang/face";

export interface Texts {
  readonly [key: string]: string | Texts;
}

/** What the service tells the page about itself. */
export interface Settings {
  readonly guests: boolean;
  readonly docs: boolean;
  readonly locales: readonly { readonly code: string; readonly name: string; readonly texts: string }[];
}

/** A JPEG as a data URL. */
export interface Picture {
  readonly url: string;
  readonly width: number;
  readonly height: number;
}

/** A reading on the screen, with what is needed to have it in another language or with a year of birth. */
export interface Result {
  readonly reading: FullReading;
  readonly picture: Picture | null;
  readonly mesh: MeshInput | null;
  readonly birthYear: number | null;
  readonly drawn: boolean;
  /** Whether it was read for who is signed in: it ends with the sign-in. */
  readonly ofAccount: boolean;
}

/** A face that waits to be read: a photo or frames of the camera, the one to show first. */
export interface Pending {
  readonly frames: readonly ImageBitmap[];
  readonly drawn: boolean;
  /** The code of the invitation that it is compared for, null for a reading. */
  readonly invitation: string | null;
}

/** What an invitation led to; kept in the tab, as most codes work once. */
export interface Match {
  readonly code: string;
  readonly told: CompatibilityOut;
}

export type Theme = "light" | "dark";

export interface State {
  texts: Texts;
  settings: Settings;
  locale: string;
  theme: Theme | null;
  noticeVersion: number;
  device: string | null;
  account: Tokens | null;
  onDevice: boolean | null;
  pending: Pending | null;
  result: Result | null;
  match: Match | null;
  /** The screen to return to after a sign-in. */
  returnTo: string | null;
}

type Change = Partial<State>;
type Listener = (changed: Change) => void;

const PREFERENCES = "gwansang.preferences";
const ACCOUNT = "gwansang.sign-in";
const RESULT = "gwansang.result";
const MATCH = "gwansang.match";

const SIGNED_OUT = { account: null, result: null, match: null, pending: null };

const listeners = new Set<Listener>();
const current: State = {
  texts: {},
  settings: { guests: true, docs: false, locales: [] },
  locale: "",
  theme: null,
  noticeVersion: 0,
  device: null,
  ...(load(localStorage, PREFERENCES) as Change | null),
  account: keptTokens(),
  onDevice: null,
  pending: null,
  result: load(sessionStorage, RESULT) as Result | null,
  match: load(sessionStorage, MATCH) as Match | null,
  returnTo: null,
};

/** The state as it is now; `change` changes it. */
export const state: Readonly<State> = current;

/** Change some of the state, keep what has to be kept, and tell the listeners. */
export function change(changed: Change): void {
  Object.assign(current, changed);
  const { locale, theme, noticeVersion, device } = current;
  keep(localStorage, PREFERENCES, { locale, theme, noticeVersion, device });
  if ("account" in changed) keep(localStorage, ACCOUNT, current.account);
  if ("result" in changed) keep(sessionStorage, RESULT, current.result);
  if ("match" in changed) keep(sessionStorage, MATCH, current.match);
  for (const listener of [...listeners]) listener(changed);
}

/** Call the listener after every change until the signal ends it. */
export function watch(listener: Listener, signal?: AbortSignal): void {
  listeners.add(listener);
  signal?.addEventListener("abort", () => listeners.delete(listener));
}

/** Where the client of the API keeps the sign-in; what was read with it ends with it. */
export const tokens: TokenStore = {
  load: () => ({ tokens: keptTokens(), deviceToken: state.device }), // as the newest tab left it
  save: ({ tokens: account, deviceToken: device }) => { change(account === null ? { ...SIGNED_OUT, device } : { account, device }); },
};

/** Follow sign-ins and sign-outs in other tabs, also those while this tab slept; `signedOut` is called after one. */
export function followOtherTabs(signedOut: () => void): void {
  if (current.account === null && current.result?.ofAccount === true) change(SIGNED_OUT);
  window.addEventListener("storage", (event) => {
    if (event.key !== ACCOUNT && event.key !== null) return;
    const account = keptTokens();
    if (account === null && current.account !== null) {
      change(SIGNED_OUT);
      signedOut();
    } else if (account !== null) change({ account });
  });
}

function keptTokens(): Tokens | null {
  return load(localStorage, ACCOUNT) as Tokens | null;
}

function load(storage: Storage, key: string): unknown {
  try {
    return JSON.parse(storage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function keep(storage: Storage, key: string, value: unknown): void {
  try {
    if (value === null) storage.removeItem(key);
    else storage.setItem(key, JSON.stringify(value));
  } catch {
    storage.removeItem(key); // full, or switched off: the page works without it until it is closed
  }
}
