/** API keys of a developer: each is shown once. */

import { client } from "../api/client.ts";
import type { KeyOut } from "@gwansang/client";
import { showScreen, type Screen } from "../router.ts";
import { state } from "../state.ts";
import { dateText, t } from "../texts.ts";
import { announce } from "../ui/announce.ts";
import { fill, h } from "../ui/dom.ts";
import { deleteButton, field, form, textOf } from "../ui/forms.ts";
import { narrow, signInScreen } from "./account.ts";
import { passwordIfLate } from "./providers.ts";

export async function keysScreen(): Promise<Screen> {
  if (state.account === null) return signInScreen();
  const [account, keys] = await Promise.all([client.account.read(), client.keys.list().all()]);
  const made = h("div", { "aria-live": "polite" });
  const none = h("p", {}, t("keys.none"));
  const list = h("ul", { class: "list" }, ...keys.map(entry));
  const name = field("name", t("keys.name"), { maxlength: 50, required: true });
  const make = form([name, passwordIfLate(account, "keys")], t("keys.make"), async (values) => {
    const password = textOf(values, "current_password") || null;
    const key = await client.keys.make({ name: textOf(values, "name"), current_password: password, scopes: ["analyze"], expires_in_days: 365 });
    fill(made, h("p", {}, t("keys.made")), h("p", {}, h("code", {}, key.key)));
    none.remove();
    list.prepend(entry(key));
  });
  return narrow(t("keys.title"), h("p", {}, t("keys.text")), make, made, keys.length === 0 ? none : null, list);
}

function entry(key: KeyOut): Node {
  const button = deleteButton(t("keys.delete", { name: key.name }), async () => {
    await client.keys.delete(key.id);
    announce(t("keys.deleted"));
    showScreen();
  });
  return h("li", { class: "card" }, h("b", {}, key.name), " ", h("code", {}, `${key.prefix}…`), h("p", { class: "place" }, dateText(key.created_at)), button);
}
