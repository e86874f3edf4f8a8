/** API keys of a developer: each is shown once. */

import { client } from "../api/client.ts";
import type { KeyOut } from "@gwansang/client";
import { showScreen, type Screen } from "../router.ts";
import { state } from "../state.ts";
import { dateText, t } from "../texts.ts";
import { announce } from "../ui/announce.ts";
import { fill, h } from "../ui/dom.ts";
import { actionButton, field, form, textOf } from "../ui/forms.ts";
import { narrow, signInScreen } from "./account.ts";

export async function keysScreen(): Promise<Screen> {
  if (state.account === null) return signInScreen();
  const keys = await client.keys.list().all().catch(() => []);
  const made = h("div", { "aria-live": "polite" });
  const name = field("name", t("keys.name"), { maxlength: 50, required: true });
  const make = form([name], t("keys.make"), async (values) => {
    const key = await client.keys.make({ name: textOf(values, "name"), scopes: ["analyze"], expires_in_days: 365 });
    fill(made, h("p", {}, t("keys.made")), h("p", {}, h("code", {}, key.key)));
  });
  return narrow(
    t("keys.title"),
    h("p", {}, t("keys.text")),
    make,
    made,
    keys.length === 0 ? h("p", {}, t("keys.none")) : h("ul", { class: "list" }, ...keys.map(entry)),
  );
}

function entry(key: KeyOut): Node {
  const button = actionButton(t("keys.delete", { name: key.name }), async () => {
    await client.keys.delete(key.id);
    announce(t("keys.deleted"));
    showScreen();
  }, { class: "plain" });
  return h("li", { class: "card" }, h("b", {}, key.name), " ", h("code", {}, `${key.prefix}…`), h("p", { class: "place" }, dateText(key.created_at)), button);
}
