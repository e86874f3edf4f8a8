/** The notice that has to be read before the first photo, as a dialog. */

import type { NoticeOut } from "@gwansang/client";
import { change } from "../state.ts";
import { t } from "../texts.ts";
import { h } from "../ui/dom.ts";

/** Show the notice; its button notes that it was seen and goes on. */
export function showNotice(notice: NoticeOut, accept: string, act: () => void): void {
  const dialog = h("dialog", { class: "sheet", "aria-labelledby": "notice-title", onclose: () => { dialog.remove(); } });
  const goOn = (): void => {
    change({ noticeVersion: notice.version });
    dialog.close();
    act();
  };
  dialog.append(
    h("h2", { id: "notice-title" }, notice.title),
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": "notice-title" },
      ...notice.items.flatMap((item) => [h("h3", {}, item.title), h("p", {}, item.text)]),
    ),
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", class: "primary wide", autofocus: true, onclick: goOn }, accept),
      h("button", { type: "button", class: "plain", onclick: () => { dialog.close(); } }, t("cancel")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}
