/** Consents, each to read, give and take back; what is kept; the download and the erasure of everything. */

import { client } from "../api/client.ts";
import type { ConsentOut, OwnAccountOut } from "@gwansang/client";
import { go, showScreen, type Screen } from "../router.ts";
import { state } from "../state.ts";
import { t } from "../texts.ts";
import { announce } from "../ui/announce.ts";
import { h } from "../ui/dom.ts";
import { actionButton, form, textOf } from "../ui/forms.ts";
import { saveFile } from "../ui/files.ts";
import { confirmation, narrow } from "./account.ts";

export async function privacyScreen(): Promise<Screen> {
  const [retention, consents, account] = await Promise.all([
    client.call("GET", "/api/v1/privacy/retention"),
    state.account === null ? [] : client.consents.list(),
    state.account === null ? null : client.account.read(),
  ]);
  const kept = retention.items.flatMap(({ what, how_long }) => [h("dt", {}, what), h("dd", {}, how_long)]);
  return narrow(
    t("privacy.title"),
    consents.length === 0 ? null : h("section", { "aria-labelledby": "consents-title" }, h("h2", { id: "consents-title" }, t("privacy.consents")), h("p", {}, t("privacy.consents_text")), ...consents.map(consent)),
    account === null ? null : ownData(account),
    h("section", { "aria-labelledby": "kept-title" }, h("h2", { id: "kept-title" }, t("privacy.kept")), h("dl", { class: "retention" }, ...kept)),
    account === null ? h("p", {}, h("a", { class: "button", href: "#/signin" }, t("menu.sign_in"))) : null,
  );
}

/** Return a consent with its text and the button that gives it or takes it back. */
export function consent({ purpose, granted, version, text }: ConsentOut): Node {
  const name = t(`privacy.purposes.${purpose}`);
  const verb = t(granted ? "privacy.withdraw" : "privacy.agree");
  const button = actionButton(verb, async () => {
    await (granted ? client.consents.withdraw(purpose) : client.consents.grant(purpose, version));
    announce(t(granted ? "privacy.withdrawn" : "privacy.granted"));
    showScreen();
  }, { class: granted ? "" : "primary", "aria-label": `${verb}: ${name}` });
  return h(
    "article",
    { class: "card consent" },
    h("h3", {}, name),
    h("p", { class: granted ? "tag on" : "tag" }, t(granted ? "privacy.agreed" : "privacy.not_agreed")),
    h("p", {}, text),
    button,
  );
}

function ownData(account: OwnAccountOut): Node {
  const exporting = actionButton(t("privacy.export"), async () => { saveFile(await client.account.exportZip(), "gwansang.zip"); });
  const erase = form([confirmation(account, "privacy")], t("privacy.erase_sure"), async (values) => {
    await client.account.erase(textOf(values, "current_password") || undefined);
    announce(t("privacy.erased"));
    go("", true);
  });
  return h(
    "section",
    { "aria-labelledby": "data-title" },
    h("h2", { id: "data-title" }, t("privacy.data")),
    h("p", {}, t("privacy.export_text")),
    exporting,
    h("details", { class: "danger" }, h("summary", {}, t("privacy.erase")), h("p", {}, t("privacy.erase_text")), erase),
  );
}
