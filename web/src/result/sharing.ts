/** Sharing a kept reading: its card as a picture, links to its words, and invitations to compare a face with it. */

import { client } from "../api/client.ts";
import { state } from "../state.ts";
import { dateText, ReadableError, t } from "../texts.ts";
import { announce, announceFailure } from "../ui/announce.ts";
import { h, type Child } from "../ui/dom.ts";
import { shareFile } from "../ui/files.ts";
import { actionButton } from "../ui/forms.ts";
import { section } from "./sections.ts";

/** Links of one kind: those that were made before, how another one is made and shown, and how each ends. */
interface Links<Made, New extends Made> {
  readonly listed: Promise<{ items: Made[] }>;
  readonly make: () => Promise<New>;
  /** Return the URL of a new link, that of its QR code, and what is said with it when it is sent. */
  readonly shown: (made: New) => [url: string, qr: string, words: string];
  readonly until: (made: Made) => string;
  readonly end: (made: Made) => Promise<unknown>;
  readonly endName: string;
  /** What is said once one has ended. */
  readonly ended: string;
}

/** Return the section that shares the kept reading of an id. */
export function sharing(id: string): Node {
  const path = { analysis_id: id };
  const card = (format: "story" | "square"): Node =>
    actionButton(t(`share.${format}`), async () => {
      await shareFile(await client.readings.card(id, { format, locale: state.locale }), `gwansang-${format}.png`);
    });
  const { list, button } = links(t("share.make"), {
    listed: client.call("GET", "/api/v1/analysis/{analysis_id}/shares", { path, query: { size: 50 } }),
    make: () => client.call("POST", "/api/v1/analysis/{analysis_id}/shares", { path, query: { locale: state.locale } }),
    shown: ({ url, qr_url }) => [url, new URL(qr_url).pathname, t("share.words")],
    until: (share) => t("share.until", { date: dateText(share.expires_at) }),
    end: (share) => client.call("DELETE", "/api/v1/analysis/{analysis_id}/shares/{share_id}", { path: { ...path, share_id: share.id } }),
    endName: t("share.end"),
    ended: t("share.ended"),
  });
  return section("sharing", t("share.title"), h("p", {}, t("share.text")), h("div", { class: "buttons row" }, card("story"), card("square"), button), list);
}

/** Return the section that invites others to compare a face with that of a kept reading. */
export function inviting(id: string): Node {
  const { list, button } = links(t("match.invite"), {
    listed: client.call("GET", "/api/v1/analysis/invitations"),
    make: () => client.call("POST", "/api/v1/analysis/{analysis_id}/invitations", { path: { analysis_id: id } }),
    shown: ({ url, qr_svg }) => [url, `data:image/svg+xml,${encodeURIComponent(qr_svg)}`, t("match.words")],
    until: (made) => t("match.until", { date: dateText(made.expires_at), count: made.uses_left }),
    end: (made) => client.call("DELETE", "/api/v1/analysis/invitations/{invitation_id}", { path: { invitation_id: made.id } }),
    endName: t("match.end"),
    ended: t("match.ended"),
  });
  return section("inviting", t("match.title"), h("p", {}, t("match.invite_text")), h("p", { class: "help" }, t("match.invite_kept")), button, list);
}

/** Return the list of links, and the button that adds a new one as its first item; only a new one has its URL. */
function links<Made, New extends Made>(name: string, { listed, make, shown, until, end, endName, ended }: Links<Made, New>): { list: Node; button: Node } {
  const list = h("ul", { class: "share-links", "aria-live": "polite" });
  const item = (made: Made, ...address: Child[]): Node => {
    const endButton = actionButton(endName, async () => {
      await end(made);
      row.remove();
      announce(ended);
    }, { class: "plain" });
    const row = h("li", {}, ...address, h("p", { class: "place" }, until(made)), endButton);
    return row;
  };
  const before = listed.then(({ items }) => { list.append(...items.map((made) => item(made))); }, announceFailure);
  const button = actionButton(name, async () => {
    await before;
    const made = await make();
    list.prepend(item(made, ...addressOf(...shown(made))));
  });
  return { list, button };
}

function addressOf(url: string, qr: string, words: string): Child[] {
  const copy = actionButton(t("share.copy"), async () => {
    await navigator.clipboard.writeText(url).catch(() => { throw new ReadableError(t("share.not_copied")); });
    announce(t("share.copied"));
  });
  const send = actionButton(t("share.send"), async () => {
    await navigator.share({ url, text: words }).catch(() => undefined); // given up: the link is still there
  });
  return [
    h("p", {}, h("a", { href: url, target: "_blank", rel: "noopener" }, url)),
    h("img", { class: "qr", src: qr, alt: t("share.qr"), width: 200, height: 200 }),
    h("div", { class: "buttons row" }, "share" in navigator && send, "clipboard" in navigator && copy),
  ];
}
