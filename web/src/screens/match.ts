/** The compatibility of two faces by an invitation: the own face is shown, and what tradition says of both is told. */

import { redeemInvitation } from "../api/calls.ts";
import type { CompatibilityOut } from "@gwansang/client";
import { section, term } from "../result/sections.ts";
import { showScreen, type Screen, type Visit } from "../router.ts";
import { change, state } from "../state.ts";
import { t } from "../texts.ts";
import { h } from "../ui/dom.ts";
import { actionButton } from "../ui/forms.ts";
import { faceReader } from "../vision.ts";
import { narrow } from "./account.ts";
import { doors, promise } from "./doors.ts";

/** Show what an invitation leads to; the argument of the address is its code. */
export function matchScreen({ signal, argument: code }: Visit): Screen {
  if (state.match?.code === code && code !== "") return told(state.match.told);
  if (code === "") return narrow(t("match.title"), h("p", {}, t("match.no_code")), own());
  change({ returnTo: `match/${code}` });
  const invited = narrow(
    t("match.invited"),
    h("p", {}, t("match.invited_text")),
    state.result?.mesh && !state.result.drawn ? withKnownFace(code) : null,
    doors(code),
    promise(signal),
    h("p", { class: "help" }, t("match.nothing_kept")),
  );
  return { ...invited, start: () => void faceReader() };
}

/** Return the button that compares the face that was just read in this tab. */
function withKnownFace(code: string): Node {
  const button = actionButton(t("match.known_face"), async () => {
    const { result } = state;
    if (!result?.mesh) return;
    change({ match: { code, told: await redeemInvitation(result.mesh, code, {}) } });
    showScreen();
  }, { class: "wide" });
  return h("div", { class: "doors known" }, button);
}

function told(match: CompatibilityOut): Screen {
  const paragraphs = match.paragraphs.map(({ id, text }) => section(`about-${id}`, t(`match.about.${id}`), h("p", {}, text)));
  const points = [term(t("match.strength"), [match.enjoy], "strength"), term(t("match.caution"), [match.mind], "caution")];
  const content = h(
    "article",
    { class: "narrow match", lang: match.locale },
    h("p", { class: "tag" }, t("match.title")),
    h("h1", { tabindex: -1 }, match.title),
    ...paragraphs,
    section("together", t("match.together"), h("dl", { class: "points" }, ...points)),
    h("aside", { class: "notice" }, h("p", {}, match.note), h("p", {}, match.disclaimer), h("p", { class: "help" }, t("match.told_kept"))),
    own(),
  );
  return { title: t("match.title"), content };
}

const own = (): Node => h("p", {}, h("a", { class: "button", href: "#/" }, t("match.own")));
