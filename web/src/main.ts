/** Starts the page: texts first, then what surrounds the screens, then the screen of the address. */

import "./styles/base.css";
import "./styles/screens.css";
import "./styles/result.css";
import { showScreen, startRouter } from "./router.ts";
import { accountScreen, resetScreen, signInScreen, signUpScreen } from "./screens/account.ts";
import { cameraScreen } from "./screens/camera.ts";
import { daysScreen } from "./screens/days.ts";
import { historyScreen } from "./screens/history.ts";
import { keysScreen } from "./screens/keys.ts";
import { landingScreen } from "./screens/landing.ts";
import { lookalikeScreen } from "./screens/lookalike.ts";
import { matchScreen } from "./screens/match.ts";
import { privacyScreen } from "./screens/privacy.ts";
import { signedInScreen } from "./screens/providers.ts";
import { readingScreen } from "./screens/reading.ts";
import { resultScreen } from "./screens/result.ts";
import { settingsScreen } from "./screens/settings.ts";
import { startShell } from "./shell.ts";
import { followOtherTabs } from "./state.ts";
import { loadTexts } from "./texts.ts";

const SCREENS = {
  "": landingScreen,
  camera: cameraScreen,
  reading: readingScreen,
  result: resultScreen,
  match: matchScreen,
  lookalike: lookalikeScreen,
  days: daysScreen,
  signin: signInScreen,
  signedin: signedInScreen,
  signup: signUpScreen,
  reset: resetScreen,
  account: accountScreen,
  settings: settingsScreen,
  history: historyScreen,
  privacy: privacyScreen,
  keys: keysScreen,
};

await loadTexts();
followOtherTabs(showScreen);
startShell();
startRouter(SCREENS);
if (import.meta.env.PROD && "serviceWorker" in navigator) void navigator.serviceWorker.register("/service-worker.js");
