/** The two ways to show a face, by camera or by photo, after the notice; and what happens with the photo. */

import { client } from "../api/client.ts";
import { openPicture } from "../picture.ts";
import { go } from "../router.ts";
import { change, state, watch } from "../state.ts";
import { t } from "../texts.ts";
import { announce } from "../ui/announce.ts";
import { fill, h, type Child } from "../ui/dom.ts";
import { actionButton } from "../ui/forms.ts";
import { icon } from "../ui/icons.ts";
import { showNotice } from "./notice.ts";

/** Return the buttons, or the way to the sign-in where guests are not read; others: further ways. */
export function doors(invitation: string | null, ...others: Child[]): Node {
  if (!state.settings.guests && state.account === null) {
    const signIn = h("a", { class: "button primary", href: "#/signin" }, t("menu.sign_in"));
    return h("div", {}, h("p", { class: "banner" }, t("landing.sign_in_first")), h("p", {}, signIn));
  }
  const openCamera = (): void => { go(invitation === null ? "camera" : `camera/${invitation}`); };
  const camera = actionButton([icon("camera"), t("landing.camera")], () => begin("camera", openCamera), { class: "primary wide" });
  return h("div", { class: "doors" }, camera, ...photoDoor(invitation, "wide"), ...others);
}

/** Return the button that chooses a photo, with the input behind it; invitation: the code of an invitation that the face is for. */
export function photoDoor(invitation: string | null, style: string): Node[] {
  const input = photoInput((bitmap) => { showPhoto(bitmap, false, invitation); });
  return [actionButton([icon("photo"), t("landing.photo")], () => begin("photo", () => { input.click(); }), { class: style }), input];
}

/** Return a hidden input that opens the photo that is chosen with it. */
export function photoInput(opened: (bitmap: ImageBitmap) => void): HTMLInputElement {
  const input: HTMLInputElement = h("input", {
    type: "file",
    accept: "image/*",
    hidden: true,
    onchange: () => {
      const file = input.files?.[0];
      input.value = "";
      if (file !== undefined) openPicture(file).then(opened, () => { announce(t("reading.unreadable")); });
    },
  });
  return input;
}

/** Read a photo, or compare it for an invitation. */
export function showPhoto(bitmap: ImageBitmap, drawn: boolean, invitation: string | null): void {
  change({ pending: { frames: [bitmap], drawn, invitation } });
  go("reading");
}

/** Show the notice the first time, and then go on with what was tapped. */
export async function begin(way: "camera" | "photo", act: () => void): Promise<void> {
  if (state.noticeVersion > 0) act();
  else showNotice(await client.call("GET", "/api/v1/privacy/notice"), t(`notice.accept_${way}`), act);
}

/** Return what happens with the photo; it changes once it is known whether faces are found on this device. */
export function promise(signal: AbortSignal): Node {
  const place = h("p", { class: "promise", role: "status" });
  const draw = (): void => {
    const way = state.onDevice === false ? "upload" : "device";
    fill(place, icon(way === "device" ? "lock" : "cloud"), h("span", {}, h("b", {}, t(`promise.${way}`)), h("small", {}, t(`promise.${way}_text`))));
  };
  draw();
  watch((changed) => { if ("onDevice" in changed) draw(); }, signal);
  return place;
}
