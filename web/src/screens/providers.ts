/** Signing in with accounts elsewhere: the buttons, the way back, and the accounts that are linked. */

import type { IdentityOut, OwnAccountOut } from "@gwansang/client";
import { client } from "../api/client.ts";
import { go, showScreen, type Screen, type Visit } from "../router.ts";
import { change, state } from "../state.ts";
import { t } from "../texts.ts";
import { announce, sentenceOf } from "../ui/announce.ts";
import { h } from "../ui/dom.ts";
import { actionButton, birthYearField, field } from "../ui/forms.ts";

type Provider = IdentityOut["provider"];

export const readProviders = () => client.call("GET", "/api/v1/auth/providers", { anonymous: true });
const nameOf = (provider: string): string => t(`providers.names.${provider}`);

/** Return a button for each provider, with what the first sign-in agrees to, null if there is none; returnTo: the screen to go on with. */
export async function providerButtons(returnTo: string): Promise<Node | null> {
  const offered = await readProviders().catch(() => null);
  if (offered === null || offered.items.length === 0) return null;
  const birthYear = birthYearField();
  const input = birthYear.querySelector("input");
  const start = async (provider: Provider): Promise<void> => {
    if (input?.reportValidity() === false) return;
    const year = input?.value ?? "";
    const started = await client.call("POST", "/api/v1/auth/providers/{provider}/start", {
      path: { provider },
      json: { return_to: returnTo, birth_year: year === "" ? null : Number(year) },
      anonymous: true,
    });
    location.assign(started.authorization_url);
  };
  const buttons = offered.items.map(({ provider }) => actionButton(t("providers.continue", { name: nameOf(provider) }), () => start(provider)));
  const told = signUpConsent(t("providers.new_account"), offered.consent_text);
  return h("section", { "aria-labelledby": "providers-title" }, h("h2", { id: "providers-title" }, t("providers.title")), told, birthYear, h("div", { class: "buttons" }, ...buttons));
}

/** Return what making an account agrees to; when: says when that is. */
export function signUpConsent(when: string, text: string): Node {
  const consent = h("details", {}, h("summary", {}, t("providers.consent")), h("p", {}, text));
  return h("div", { class: "agreeing" }, h("p", {}, when), consent, h("p", {}, h("a", { href: "#/privacy" }, t("privacy.title"))));
}

/** Exchange the code that a provider's return left in the address, and go on, or show what went wrong. */
export async function signedInScreen({ argument }: Visit): Promise<Screen> {
  if (argument === "later") return failure(t("providers.later"));
  try {
    const { return_to, tokens } = await client.exchangeCode(argument);
    if (tokens === null) announce(t("providers.linked"));
    go(return_to, true);
    return { title: t("providers.signing_in"), content: h("p", { class: "narrow", role: "status" }, t("providers.signing_in")) };
  } catch (error) {
    return failure(sentenceOf(error));
  }
}

/** Return the screen that shows why a sign-in was not completed. */
function failure(problem: string): Screen {
  const next = state.account === null ? "signin" : "account";
  const content = [
    h("h1", { tabindex: -1 }, t("providers.failed_text")), h("p", { role: "alert" }, problem),
    h("p", {}, h("a", { class: "button", href: `#/${next}` }, next === "signin" ? t("providers.to_sign_in") : t("providers.linked_title"))),
  ];
  return { title: t("providers.failed_text"), content: h("div", { class: "narrow" }, ...content) };
}

/** Return how somebody without a password confirms a change: by a sign-in just before, which comes back to a screen. */
export function signInAgain(screen: string): HTMLElement {
  const button = actionButton(t("account.sign_in_again"), async () => {
    await client.signOut();
    change({ returnTo: screen });
    go("signin");
  });
  return h("div", { class: "again" }, h("p", {}, t("account.no_password")), h("p", {}, button));
}

/** Return the field of the password that is needed some minutes after the sign-in. */
export const passwordIfLate = (account: OwnAccountOut, screen: string): HTMLElement =>
  account.has_password
    ? field("current_password", t("providers.password"), { type: "password", autocomplete: "current-password" }, t("providers.password_rule"))
    : signInAgain(screen);

/** Return the providers that the account is linked to, and those that it can be linked to; null if there is none, or they can't be read. */
export async function linkedProviders(account: OwnAccountOut): Promise<Node | null> {
  const listed = client.call("GET", "/api/v1/users/me/identities");
  const [offered, identities] = await Promise.all([readProviders().then((found) => found.items).catch(() => []), listed.catch(() => null)]);
  if (identities === null) return null;
  const linked = identities.items.map(({ provider }) => provider);
  const others = offered.map(({ provider }) => provider).filter((provider) => !linked.includes(provider));
  if (linked.length + others.length === 0) return null;
  const password = passwordIfLate(account, "account");
  const typed = () => ({ current_password: (password.querySelector("input")?.value ?? "") || null });
  const buttons = [
    ...linked.map((provider) =>
      actionButton(t("providers.unlink", { name: nameOf(provider) }), async () => {
        await client.call("DELETE", "/api/v1/users/me/identities/{provider}", { path: { provider }, json: typed() });
        announce(t("providers.unlinked"));
        showScreen();
      }),
    ),
    ...others.map((provider) =>
      actionButton(t("providers.link", { name: nameOf(provider) }), async () => {
        const started = await client.call("POST", "/api/v1/users/me/identities/{provider}/start", {
          path: { provider },
          json: { ...typed(), return_to: "account" },
        });
        location.assign(started.authorization_url);
      }),
    ),
  ];
  const told = [h("h2", { id: "linked-title" }, t("providers.linked_title")), h("p", {}, t("providers.linked_text"))];
  return h("section", { "aria-labelledby": "linked-title" }, ...told, password, h("div", { class: "buttons" }, ...buttons));
}
