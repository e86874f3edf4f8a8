/** Starts the page: texts first, then what surrounds the screens, then the screen of the address. */

import "./styles/base.css";
import "./styles/screens.css";
import "./styles/result.css";
import { startRouter } from "./router.ts";
import { accountScreen, resetScreen, signInScreen, signUpScreen } from "./screens/account.ts";
import { cameraScreen } from "./screens/camera.ts";
import { historyScreen } from "./screens/history.ts";
import { keysScreen } from "./screens/keys.ts";
import { landingScreen } from "./screens/landing.ts";
import { privacyScreen } from "./screens/privacy.ts";
import { readingScreen } from "./screens/reading.ts";
import { resultScreen } from "./screens/result.ts";
import { startShell } from "./shell.ts";
import { followOtherTabs } from "./state.ts";
import { loadTexts } from "./texts.ts";

const SCREENS = {
  "": landingScreen,
  camera: cameraScreen,
  reading: readingScreen,
  result: resultScreen,
  signin: signInScreen,
  signup: signUpScreen,
  reset: resetScreen,
  account: accountScreen,
  history: historyScreen,
  privacy: privacyScreen,
  keys: keysScreen,
};

await loadTexts();
followOtherTabs();
startShell();
startRouter(SCREENS);
if (import.meta.env.PROD && "serviceWorker" in navigator) void navigator.serviceWorker.register("/service-worker.js");
