/** Sharing a kept reading: its card as a picture, and links with their QR codes, which can be ended. */

import { endShare, listShares, makeShare, readCard } from "../api/calls.ts";
import type { NewShareOut, ShareOut } from "../api/types.ts";
import { dateText, t } from "../texts.ts";
import { announce, announceFailure } from "../ui/announce.ts";
import { h } from "../ui/dom.ts";
import { shareFile } from "../ui/files.ts";
import { actionButton } from "../ui/forms.ts";
import { section } from "./sections.ts";

/** Return the section that shares the kept reading of an id. */
export function sharing(id: string): Node {
  const links = h("ul", { class: "share-links", "aria-live": "polite" });
  const listed = listShares(id).then((shares) => { links.append(...shares.items.map((share) => linkItem(id, share))); }, announceFailure);
  const card = (format: "story" | "square"): Node =>
    actionButton(t(`share.${format}`), async () => shareFile(await readCard(id, format), `gwansang-${format}.png`));
  const link = actionButton(t("share.make"), async () => {
    await listed;
    links.prepend(linkItem(id, await makeShare(id)));
  });
  return section("sharing", t("share.title"), h("p", {}, t("share.text")), h("div", { class: "buttons row" }, card("story"), card("square"), link), links);
}

/** Return a link with its end; only a new one has a URL to show. */
function linkItem(id: string, share: ShareOut | NewShareOut): Node {
  const end = actionButton(t("share.end"), async () => {
    await endShare(id, share.id);
    item.remove();
    announce(t("share.ended"));
  }, { class: "plain" });
  const until = h("p", { class: "place" }, t("share.until", { date: dateText(share.expires_at) }));
  const item = h("li", {}, ...("url" in share ? address(share) : []), until, end);
  return item;
}

function address({ url, qr_url }: NewShareOut): Node[] {
  const copy = actionButton(t("share.copy"), async () => {
    await navigator.clipboard.writeText(url).catch(() => { throw new Error(t("share.not_copied")); });
    announce(t("share.copied"));
  });
  const code = h("img", { class: "qr", src: new URL(qr_url).pathname, alt: t("share.qr"), width: 200, height: 200 });
  return [h("p", {}, h("a", { href: url, target: "_blank", rel: "noopener" }, url)), code, "clipboard" in navigator ? copy : h("span", {})];
}
