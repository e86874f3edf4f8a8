/** A link that was made for others: its URL to send, copy and scan while it is new, how long it works, and its end. */

import { ReadableError } from "../errors.ts";
import { t } from "../texts.ts";
import { announce } from "../ui/announce.ts";
import { h, type Child } from "../ui/dom.ts";
import { actionButton } from "../ui/forms.ts";

export interface MadeLink {
  readonly url: string;
  /** URL of its QR code. */
  readonly qr: string;
  /** What is said with it when it is sent. */
  readonly words: string;
}

/** The button that ends a link, and what is said once it has ended. */
export interface LinkEnd {
  readonly name: string;
  readonly done: string;
  readonly act: () => Promise<unknown>;
}

/** Return the item of a list; shown: null for a link that was made before, whose URL nobody has any more. */
export function linkItem(shown: MadeLink | null, until: string, ending: LinkEnd): HTMLElement {
  const endButton = actionButton(ending.name, async () => {
    await ending.act();
    item.remove();
    announce(ending.done);
  }, { class: "plain" });
  const item = h("li", {}, ...(shown === null ? [] : address(shown)), h("p", { class: "place" }, until), endButton);
  return item;
}

function address({ url, qr, words }: MadeLink): Child[] {
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
