/** The client of the API, with the language and the sign-in of the page. */

import { CoreClient } from "@gwansang/client";
import { state, tokens } from "../state.ts";
import { t } from "../texts.ts";
import { announce } from "../ui/announce.ts";

export const client = new CoreClient({
  tokens,
  locale: () => state.locale,
  onSignedOut: () => { announce(t("account.ended")); },
});
