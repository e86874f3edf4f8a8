/** Accounts: signing in and up, the codes of mails, and the account itself. */

import { client } from "../api/client.ts";
import type { OwnAccountOut } from "@gwansang/client";
import { go, showScreen, type Screen } from "../router.ts";
import { change, state } from "../state.ts";
import { t } from "../texts.ts";
import { announce } from "../ui/announce.ts";
import { h } from "../ui/dom.ts";
import { actionButton, birthYearField, field, form, textOf } from "../ui/forms.ts";
import { linkedProviders, providerButtons, readProviders, signInAgain, signUpConsent } from "./providers.ts";

/** Return a narrow screen with a heading. */
export function narrow(title: string, ...content: (Node | null)[]): Screen {
  return { title, content: h("div", { class: "narrow" }, h("h1", { tabindex: -1 }, title), ...content) };
}

export const emailField = (label = t("account.email")): Node => field("email", label, { type: "email", autocomplete: "username", required: true });
export const currentPassword = (): Node =>
  field("current_password", t("account.current_password"), { type: "password", autocomplete: "current-password", required: true });
/** Return what confirms a change of an account: the field of its password or, without one, a sign-in just before. */
export const confirmation = ({ has_password: hasPassword }: OwnAccountOut, screen: string): Node =>
  hasPassword ? currentPassword() : signInAgain(screen);
export const usernameField = (value = ""): Node =>
  field("username", t("account.username"), { autocomplete: "nickname", minlength: 2, maxlength: 50, required: true, value }, t("account.username_rule"));
export const newPassword = (label: string): Node =>
  field("password", label, { type: "password", autocomplete: "new-password", minlength: 8, required: true }, t("account.password_rule"));
const link = (address: string, text: string): Node => h("p", {}, h("a", { href: `#/${address}` }, text));

/** Return the screen to go on with after a sign-in: the one that asked for it, the reading of this tab, or home. */
const nextScreen = (): string => state.returnTo ?? (state.result === null ? "" : "result");

function goOn(): void {
  const address = nextScreen();
  change({ returnTo: null });
  go(address, true);
}

export async function signInScreen(): Promise<Screen> {
  const password = field("password", t("account.password"), { type: "password", autocomplete: "current-password", required: true });
  const signInForm = form([emailField(), password], t("account.sign_in"), async (values) => {
    await client.signIn(textOf(values, "email"), textOf(values, "password"));
    goOn();
  });
  return narrow(t("account.sign_in"), signInForm, await providerButtons(nextScreen()), link("signup", t("account.to_sign_up")), link("reset", t("account.to_reset")));
}

export async function signUpScreen(): Promise<Screen> {
  const { consent_text: consented } = await readProviders();
  const fields = [
    emailField(),
    usernameField(),
    newPassword(t("account.password")),
    birthYearField(),
    signUpConsent(t("account.sign_up_agrees"), consented),
  ];
  const signUpForm = form(fields, t("account.sign_up"), async (values) => {
    const [address, password, year] = [textOf(values, "email"), textOf(values, "password"), textOf(values, "birth_year")];
    await client.signUp({ email: address, username: textOf(values, "username"), password, birth_year: year === "" ? null : Number(year) });
    await client.signIn(address, password);
    go("account", true);
  });
  return narrow(t("account.sign_up"), signUpForm, link("signin", t("account.to_sign_in")));
}

/** Ask for a code by e-mail, and then set a new password with it. */
export function resetScreen(): Screen {
  const request = form([emailField()], t("account.send_code"), async (values) => {
    await client.account.requestReset(textOf(values, "email"));
    announce(t("account.code_sent"));
  });
  const code = field("code", t("account.code"), { autocomplete: "one-time-code", required: true });
  const set = form([code, newPassword(t("account.new_password"))], t("account.set_password"), async (values) => {
    await client.account.resetPassword(textOf(values, "code").trim(), textOf(values, "password"));
    announce(t("account.password_set"));
    go("signin", true);
  });
  return narrow(t("account.reset"), h("p", {}, t("account.reset_text")), request, set, link("signin", t("account.to_sign_in")));
}

export async function accountScreen(): Promise<Screen> {
  if (state.account === null) return signInScreen();
  const account = await client.account.read();
  const links = [
    ["history", t("menu.history")],
    ["days", t("fortune.days")],
    ["lookalike", t("lookalike.title")],
    ["settings", t("settings.title")],
    ["privacy", t("privacy.title")],
    ["keys", t("keys.title")],
  ] as const;
  return narrow(
    t("account.welcome", { name: account.username }),
    h("p", { class: "place" }, t("account.your_email", { email: account.email })),
    account.email_verified && account.pending_email === null ? null : verification(account),
    h("ul", { class: "list" }, ...links.map(([address, name]) => h("li", {}, h("a", { href: `#/${address}` }, name)))),
    account.email_verified ? await linkedProviders(account) : null,
    h("p", {}, actionButton(t("account.sign_out"), leave)),
  );
}

async function leave(): Promise<void> {
  await client.signOut();
  go("");
}

function verification(account: OwnAccountOut): Node {
  const code = field("code", t("account.code"), { autocomplete: "one-time-code", required: true });
  const verify = form([code], t("account.verify"), async (values) => {
    await client.account.verifyEmail(textOf(values, "code").trim());
    announce(t("account.verified"));
    showScreen();
  });
  return h(
    "section",
    { class: "card", "aria-labelledby": "verify-title" },
    h("h2", { id: "verify-title" }, t("account.verify")),
    h("p", {}, t("account.verify_text", { email: account.pending_email ?? account.email })),
    verify,
    actionButton(t("account.verify_again"), sendAgain, { class: "plain" }),
  );
}

async function sendAgain(): Promise<void> {
  await client.account.requestCode();
  announce(t("account.code_sent"));
}
