/** Changes of the own account: name, e-mail address and password. */

import { client } from "../api/client.ts";
import { go, type Screen } from "../router.ts";
import { state } from "../state.ts";
import { t } from "../texts.ts";
import { announce } from "../ui/announce.ts";
import { h } from "../ui/dom.ts";
import { form, textOf } from "../ui/forms.ts";
import { confirmation, currentPassword, emailField, narrow, newPassword, signInScreen, usernameField } from "./account.ts";

export async function settingsScreen(): Promise<Screen> {
  if (state.account === null) return signInScreen();
  const account = await client.account.read();
  const { email, username } = account;
  const name = form([usernameField(username)], t("settings.save"), async (values) => {
    await client.account.change({ username: textOf(values, "username") });
    announce(t("settings.saved"));
  });
  const address = form([emailField(t("settings.new_email")), confirmation(account, "settings")], t("settings.change_email"), async (values) => {
    await client.account.change({ email: textOf(values, "email"), current_password: textOf(values, "current_password") || null });
    announce(t("settings.email_sent"));
    go("account");
  });
  const password = account.has_password ? passwordForm(email) : [h("p", {}, t("settings.no_password_text")), h("p", {}, h("a", { class: "button", href: "#/reset" }, t("settings.set_first")))];
  return narrow(
    t("settings.title"),
    part(t("account.username"), name),
    part(t("account.email"), h("p", {}, t("settings.email_text", { email })), address),
    part(t("account.password"), ...password),
  );
}

function passwordForm(email: string): Node[] {
  const change = form([currentPassword(), newPassword(t("account.new_password"))], t("account.set_password"), async (values) => {
    const chosen = textOf(values, "password");
    const json = { current_password: textOf(values, "current_password"), new_password: chosen };
    await client.call("POST", "/api/v1/users/me/password", { json });
    await client.signIn(email, chosen); // the change ended this sign-in, too
    announce(t("settings.password_changed"));
    go("account");
  });
  return [h("p", {}, t("settings.password_text")), change];
}

function part(title: string, ...content: Node[]): Node {
  return h("section", { class: "card" }, h("h2", {}, title), ...content);
}
