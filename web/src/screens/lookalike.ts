/** People of the gallery whom a face resembles: after a consent of its own, and with the photo, which the service needs. */

import { photoOf } from "../api/calls.ts";
import { client } from "../api/client.ts";
import type { LookalikeOut } from "@gwansang/client";
import { bytesOf, shownPicture, UPLOAD_SIDE } from "../picture.ts";
import { section } from "../result/sections.ts";
import type { Screen } from "../router.ts";
import { change, state } from "../state.ts";
import { t } from "../texts.ts";
import { attempt } from "../ui/announce.ts";
import { fill, h } from "../ui/dom.ts";
import { actionButton } from "../ui/forms.ts";
import { icon } from "../ui/icons.ts";
import { narrow, signInScreen } from "./account.ts";
import { begin, photoInput } from "./doors.ts";
import { consent } from "./privacy.ts";

export async function lookalikeScreen(): Promise<Screen> {
  if (state.account === null) {
    change({ returnTo: "lookalike" });
    return signInScreen();
  }
  const asked = (await client.consents.list()).find(({ purpose }) => purpose === "lookalike");
  const isAgreed = asked?.granted === true && asked.granted_version === asked.version;
  return narrow(
    t("lookalike.title"),
    h("p", {}, t("lookalike.text")),
    h("p", { class: "promise" }, icon("cloud"), h("span", {}, h("b", {}, t("lookalike.sends")), h("small", {}, t("lookalike.sends_text")))),
    isAgreed ? search() : asked === undefined ? null : h("section", {}, h("h2", {}, t("privacy.consents")), consent({ ...asked, granted: false })),
  );
}

/** Return what sends a photo, and the place of its answer. */
function search(): Node {
  const found = h("div", { "aria-live": "polite" });
  const send = async (photo: Blob): Promise<void> => {
    fill(found, h("p", {}, t("lookalike.searching")));
    const answer = await client.lookalikes.match(photoOf(photo)).catch((error: unknown) => {
      fill(found);
      throw error;
    });
    fill(found, people(answer));
  };
  const input = photoInput((bitmap) => void attempt(choose, () => send(bytesOf(shownPicture(bitmap, UPLOAD_SIDE)))));
  const open = () => begin("photo", () => { input.click(); });
  const choose = actionButton([icon("photo"), t("lookalike.choose")], open, { class: "primary wide" });
  const picture = state.result?.drawn === false ? state.result.picture : null;
  const known = picture === null ? null : actionButton(t("lookalike.known_photo"), () => send(bytesOf(picture)), { class: "wide" });
  return h("div", {}, h("div", { class: "doors" }, choose, input, known), found);
}

function people({ matches, regions, notice, disclaimer }: LookalikeOut): Node {
  const nearest = matches.map(({ name, words }) => h("li", {}, h("h3", {}, name), h("p", {}, words)));
  const parts = Object.entries(regions).map(([region, { name }]) =>
    h("li", {}, t("lookalike.part", { part: t(`match_card.${region}`), name })),
  );
  return h(
    "div",
    { class: "found" },
    notice === null ? null : h("p", { class: "banner" }, notice),
    matches.length === 0 ? h("p", {}, t("lookalike.empty")) : section("nearest", t("match_card.nearest"), h("ol", { class: "bars" }, ...nearest)),
    parts.length === 0 ? null : section("by-part", t("match_card.by_region"), h("ul", { class: "advice" }, ...parts)),
    h("p", { class: "help" }, disclaimer),
  );
}
