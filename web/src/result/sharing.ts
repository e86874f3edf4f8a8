/** Sharing a kept reading: its card as a picture, links to its words, and invitations to compare a face with it. */

import { endInvitation, endShare, listInvitations, listShares, makeInvitation, makeShare, readCard } from "../api/calls.ts";
import type { InvitationPage, NewInvitationOut, NewShareOut, SharePage } from "../api/types.ts";
import { dateText, t } from "../texts.ts";
import { announceFailure } from "../ui/announce.ts";
import { h } from "../ui/dom.ts";
import { shareFile } from "../ui/files.ts";
import { actionButton } from "../ui/forms.ts";
import { linkItem } from "./link_item.ts";
import { section } from "./sections.ts";

/** Return the section that shares the kept reading of an id. */
export function sharing(id: string): Node {
  const card = (format: "story" | "square"): Node =>
    actionButton(t(`share.${format}`), async () => shareFile(await readCard(id, format), `gwansang-${format}.png`));
  const listed = listShares(id).then((page) => page.items);
  const { list, button } = links(t("share.make"), listed, () => makeShare(id), (share) => shareItem(id, share));
  return section("sharing", t("share.title"), h("p", {}, t("share.text")), h("div", { class: "buttons row" }, card("story"), card("square"), button), list);
}

/** Return the section that invites others to compare a face with that of a kept reading. */
export function inviting(id: string): Node {
  const listed = listInvitations().then((page) => page.items);
  const { list, button } = links(t("match.invite"), listed, () => makeInvitation(id), invitationItem);
  return section("inviting", t("match.title"), h("p", {}, t("match.invite_text")), h("p", { class: "help" }, t("match.invite_kept")), button, list);
}

/** Return a list of what was made before, and the button that adds something new as its first item. */
function links<Made, New extends Made>(
  name: string, listed: Promise<readonly Made[]>, make: () => Promise<New>, item: (made: Made | New) => Node,
): { list: Node; button: Node } {
  const list = h("ul", { class: "share-links", "aria-live": "polite" });
  const shown = listed.then((all) => { list.append(...all.map(item)); }, announceFailure);
  const button = actionButton(name, async () => {
    await shown;
    list.prepend(item(await make()));
  });
  return { list, button };
}

function shareItem(id: string, share: SharePage["items"][number] | NewShareOut): Node {
  const shown = "url" in share ? { url: share.url, qr: new URL(share.qr_url).pathname, words: t("share.words") } : null;
  return linkItem(shown, t("share.until", { date: dateText(share.expires_at) }), { name: t("share.end"), done: t("share.ended"), act: () => endShare(id, share.id) });
}

function invitationItem(invitation: InvitationPage["items"][number] | NewInvitationOut): Node {
  const shown = "url" in invitation
    ? { url: invitation.url, qr: `data:image/svg+xml,${encodeURIComponent(invitation.qr_svg)}`, words: t("match.words") }
    : null;
  const until = t("match.until", { date: dateText(invitation.expires_at), count: invitation.uses_left });
  return linkItem(shown, until, { name: t("match.end"), done: t("match.ended"), act: () => endInvitation(invitation.id) });
}
