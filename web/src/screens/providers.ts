/** Signing in with accounts elsewhere: the buttons, the way back, and the accounts that are linked. */

import { exchangeCode, linkProvider, listIdentities, listProviders, startProvider, unlinkProvider } from "../api/calls.ts";
import { ApiError } from "../api/client.ts";
import { go, showScreen, type Screen, type Visit } from "../router.ts";
import { state } from "../state.ts";
import { t } from "../texts.ts";
import { announce } from "../ui/announce.ts";
import { h } from "../ui/dom.ts";
import { actionButton, field } from "../ui/forms.ts";

const nameOf = (provider: string): string => t(`providers.names.${provider}`);

/** Return a button for each provider, null if there is none. */
export async function providerButtons(): Promise<Node | null> {
  const providers = await listProviders().catch(() => []);
  if (providers.length === 0) return null;
  const returnTo = state.result === null ? "" : "result";
  const buttons = providers.map(({ provider }) =>
    actionButton(t("providers.continue", { name: nameOf(provider) }), async () => { location.assign(await startProvider(provider, returnTo)); }),
  );
  return h("section", { "aria-labelledby": "providers-title" }, h("h2", { id: "providers-title" }, t("providers.title")), h("div", { class: "buttons" }, ...buttons));
}

/** Exchange the code that a provider's return left in the address, and go on, or show what went wrong. */
export async function signedInScreen({ argument }: Visit): Promise<Screen> {
  let problem: string;
  try {
    const { return_to, tokens } = await exchangeCode(argument);
    if (tokens === null) announce(t("providers.linked"));
    go(return_to, true);
    return { title: t("providers.signing_in"), content: h("p", { class: "narrow", role: "status" }, t("providers.signing_in")) };
  } catch (error) {
    problem = error instanceof ApiError ? error.message : t("failed");
  }
  const next = state.account === null ? "signin" : "account";
  const content = [
    h("h1", { tabindex: -1 }, t("providers.failed_text")),
    h("p", { role: "alert" }, problem),
    h("p", {}, h("a", { class: "button", href: `#/${next}` }, t(next === "signin" ? "providers.to_sign_in" : "providers.linked_title"))),
  ];
  return { title: t("providers.failed_text"), content: h("div", { class: "narrow" }, ...content) };
}

/** Return the providers that the account is linked to, and those that it can be linked to; null if there is none. */
export async function linkedProviders(): Promise<Node | null> {
  const [offered, identities] = await Promise.all([listProviders().catch(() => []), listIdentities().catch(() => [])]);
  const linked = identities.map(({ provider }) => provider);
  const others = offered.map(({ provider }) => provider).filter((provider) => !linked.includes(provider));
  if (linked.length + others.length === 0) return null;
  const password = field("current_password", t("providers.password"), { type: "password", autocomplete: "current-password" }, t("providers.password_rule"));
  const sent = (): string | null => {
    const typed = password.querySelector("input")?.value ?? "";
    return typed === "" ? null : typed;
  };
  const buttons = [
    ...linked.map((provider) =>
      actionButton(t("providers.unlink", { name: nameOf(provider) }), async () => {
        await unlinkProvider(provider, sent());
        announce(t("providers.unlinked"));
        showScreen();
      }),
    ),
    ...others.map((provider) =>
      actionButton(t("providers.link", { name: nameOf(provider) }), async () => { location.assign(await linkProvider(provider, sent())); }),
    ),
  ];
  return h(
    "section",
    { "aria-labelledby": "linked-title" },
    h("h2", { id: "linked-title" }, t("providers.linked_title")),
    h("p", {}, t("providers.linked_text")),
    password,
    h("div", { class: "buttons" }, ...buttons),
  );
}
