/** Sharing a kept reading: its card as a picture, links to its words, and invitations to compare a face with it. */

import type { InvitationOut, NewInvitationOut, NewShareOut, ShareOut } from "@gwansang/client";
import { client } from "../api/client.ts";
import { state } from "../state.ts";
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
    actionButton(t(`share.${format}`), async () => {
      await shareFile(await client.readings.card(id, { format, locale: state.locale }), `gwansang-${format}.png`);
    });
  const path = { analysis_id: id };
  const listed = client.call("GET", "/api/v1/analysis/{analysis_id}/shares", { path, query: { size: 50 } });
  const make = () => client.call("POST", "/api/v1/analysis/{analysis_id}/shares", { path, query: { locale: state.locale } });
  const { list, button } = links(t("share.make"), listed, make, (share) => shareItem(id, share));
  return section("sharing", t("share.title"), h("p", {}, t("share.text")), h("div", { class: "buttons row" }, card("story"), card("square"), button), list);
}

/** Return the section that invites others to compare a face with that of a kept reading. */
export function inviting(id: string): Node {
  const listed = client.call("GET", "/api/v1/analysis/invitations");
  const make = () => client.call("POST", "/api/v1/analysis/{analysis_id}/invitations", { path: { analysis_id: id } });
  const { list, button } = links(t("match.invite"), listed, make, invitationItem);
  return section("inviting", t("match.title"), h("p", {}, t("match.invite_text")), h("p", { class: "help" }, t("match.invite_kept")), button, list);
}

/** Return a list of what was made before, and the button that adds something new as its first item. */
function links<Made, New extends Made>(
  name: string, listed: Promise<{ items: Made[] }>, make: () => Promise<New>, item: (made: Made | New) => Node,
): { list: Node; button: Node } {
  const list = h("ul", { class: "share-links", "aria-live": "polite" });
  const shown = listed.then(({ items }) => { list.append(...items.map(item)); }, announceFailure);
  const button = actionButton(name, async () => {
    await shown;
    list.prepend(item(await make()));
  });
  return { list, button };
}

function shareItem(id: string, share: ShareOut | NewShareOut): Node {
  const shown = "url" in share ? { url: share.url, qr: new URL(share.qr_url).pathname, words: t("share.words") } : null;
  return linkItem(shown, t("share.until", { date: dateText(share.expires_at) }), t("share.end"), () => {
    const path = { analysis_id: id, share_id: share.id };
    return client.call("DELETE", "/api/v1/analysis/{analysis_id}/shares/{share_id}", { path });
  });
}

function invitationItem(invitation: InvitationOut | NewInvitationOut): Node {
  const shown = "url" in invitation
    ? { url: invitation.url, qr: `data:image/svg+xml,${encodeURIComponent(invitation.qr_svg)}`, words: t("match.words") }
    : null;
  const until = t("match.until", { date: dateText(invitation.expires_at), count: invitation.uses_left });
  return linkItem(shown, until, t("match.end"), () =>
    client.call("DELETE", "/api/v1/analysis/invitations/{invitation_id}", { path: { invitation_id: invitation.id } }),
  );
}
