/** The calls of the API that the page makes, by what they are for. */

import type { MeshInput } from "../face/reader.ts";
import { accountOf, change, forgetAccount, state } from "../state.ts";
import { call, download, type Call } from "./client.ts";
import type {
  AuthorizationOut, CompatibilityOut, ComparisonOut, ConsentPage, FaceReading, FortuneOut, IdentitiesOut, IdentityOut, InvitationPage,
  KeptReadingPage, KeyPage, LookalikeOut, NewInvitationOut, NewKeyOut, NewShareOut, NoticeOut, OwnAccountOut,
  ProviderSignInOut, ProvidersOut, RetentionOut, SharePage, SignedInOut,
} from "./types.ts";

const kept = (id: string): string => `/analysis/${encodeURIComponent(id)}`;
const timezone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Return the date of today where the person is. */
export const localDay = (): string => new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 10);

export type ReadingCall = Pick<Call, "signal" | "anonymous">;

/** Send the points of a face or, with another address, its photo. */
function sendFace<Kind>(path: string, face: MeshInput | Blob, fields: Record<string, string | number | null>, options: Call): Promise<Kind> {
  if (!(face instanceof Blob)) return call("POST", path, { json: { ...face, ...fields }, ...options });
  const body = new FormData();
  body.set("file", face, "photo.jpg");
  for (const [name, value] of Object.entries(fields)) if (value !== null) body.set(name, String(value));
  return call("POST", `${path}/upload`, { body, ...options });
}

export const readFace = (face: MeshInput | Blob, birthYear: number | null, options: ReadingCall): Promise<FaceReading> =>
  sendFace("/analysis/face", face, { birth_year: birthYear }, { query: { timezone: timezone() }, ...options });
export const redeemInvitation = (face: MeshInput | Blob, code: string, options: ReadingCall): Promise<CompatibilityOut> =>
  sendFace("/analysis/compatibility/invitation", face, { code }, options);
export const findLookalikes = (photo: Blob): Promise<LookalikeOut> => sendFace("/celebrity/match", photo, {}, {});

export const readNotice = (): Promise<NoticeOut> => call("GET", "/privacy/notice");
export const readRetention = (): Promise<RetentionOut> => call("GET", "/privacy/retention");

export async function signIn(email: string, password: string): Promise<void> {
  const body = new URLSearchParams({ grant_type: "password", username: email, password });
  if (state.device !== null) body.set("device_token", state.device);
  const tokens = await call<SignedInOut>("POST", "/auth/login", { body });
  change({ account: accountOf(tokens), device: tokens.device_token });
}

export const readProviders = (): Promise<ProvidersOut> => call("GET", "/auth/providers", { anonymous: true });

/** Begin a sign-in with a provider, by a new person in the language of the page, and return the address of its page. */
export const startProvider = async (provider: string, returnTo: string, birthYear: number | null): Promise<string> =>
  (await call<AuthorizationOut>("POST", `/auth/providers/${provider}/start`, { json: { return_to: returnTo, birth_year: birthYear }, anonymous: true })).authorization_url;

/** Exchange the code that a provider's return left in the address; keep the sign-in that it gives. */
export async function exchangeCode(code: string): Promise<ProviderSignInOut> {
  const ended = await call<ProviderSignInOut>("POST", "/auth/providers/exchange", { json: { code }, anonymous: true });
  if (ended.tokens !== null) change({ account: accountOf(ended.tokens), device: ended.tokens.device_token });
  return ended;
}

export const listIdentities = async (): Promise<readonly IdentityOut[]> =>
  (await call<IdentitiesOut>("GET", "/users/me/identities")).items;

/** Begin to link a provider's account and return the address of its page. */
export const linkProvider = async (provider: string, password: string | null): Promise<string> =>
  (await call<AuthorizationOut>("POST", `/users/me/identities/${provider}/start`, { json: { return_to: "account", current_password: password } })).authorization_url;
export const unlinkProvider = (provider: string, password: string | null): Promise<null> =>
  call("DELETE", `/users/me/identities/${provider}`, { json: { current_password: password } });

export const register = (account: { email: string; username: string; password: string; birth_year: number | null }): Promise<unknown> => call("POST", "/users", { json: account });

export async function signOut(): Promise<void> {
  await call("POST", "/auth/logout").finally(forgetAccount);
}

export const readAccount = (): Promise<OwnAccountOut> => call("GET", "/users/me");
export const changeAccount = (changes: { username: string } | { email: string; current_password: string | null }): Promise<OwnAccountOut> =>
  call("PATCH", "/users/me", { json: changes });
export const changePassword = (current: string, chosen: string): Promise<null> =>
  call("POST", "/users/me/password", { json: { current_password: current, new_password: chosen } });
export const requestCode = (): Promise<unknown> => call("POST", "/auth/verify-email/request");
export const verifyEmail = (token: string): Promise<unknown> => call("POST", "/auth/verify-email", { json: { token } });
export const requestReset = (email: string): Promise<unknown> =>
  call("POST", "/auth/reset-password/request", { json: { email } });
export const resetPassword = (token: string, password: string): Promise<unknown> =>
  call("POST", "/auth/reset-password", { json: { token, password } });

export const listReadings = (page: number): Promise<KeptReadingPage> =>
  call("GET", "/analysis", { query: { page, size: 20 } });
export const readKept = (id: string): Promise<FaceReading> => call("GET", kept(id), { query: { locale: state.locale } });
export const deleteKept = (id: string): Promise<null> => call("DELETE", kept(id));
export const compareKept = (a: string, b: string): Promise<ComparisonOut> =>
  call("POST", "/analysis/compare", { json: { a, b } });
export const readFortune = (id: string): Promise<FortuneOut> =>
  call("GET", `${kept(id)}/fortune`, { query: { date: localDay() } });

export const readFortunes = (id: string, days: number): Promise<FortuneOut[]> =>
  call("GET", `${kept(id)}/fortunes`, { query: { date: localDay(), days } });

export const readCard = (id: string, format: "story" | "square"): Promise<Blob> => download(`${kept(id)}/card.png`, { query: { format, locale: state.locale } });
export const listShares = (id: string): Promise<SharePage> => call("GET", `${kept(id)}/shares`, { query: { size: 50 } });
export const makeShare = (id: string): Promise<NewShareOut> => call("POST", `${kept(id)}/shares`, { query: { locale: state.locale } });
export const endShare = (id: string, share: string): Promise<null> => call("DELETE", `${kept(id)}/shares/${encodeURIComponent(share)}`);

export const listInvitations = (): Promise<InvitationPage> => call("GET", "/analysis/invitations");
export const makeInvitation = (id: string): Promise<NewInvitationOut> => call("POST", `${kept(id)}/invitations`);
export const endInvitation = (id: string): Promise<null> => call("DELETE", `/analysis/invitations/${encodeURIComponent(id)}`);

export const listConsents = (): Promise<ConsentPage> => call("GET", "/consents");
export const grantConsent = (purpose: string, version: number): Promise<unknown> =>
  call("PUT", `/consents/${purpose}`, { json: { version } });
export const withdrawConsent = (purpose: string): Promise<unknown> => call("DELETE", `/consents/${purpose}`);
export const exportData = (): Promise<Blob> => download("/users/me/export", { query: { format: "zip" } });
export async function eraseAccount(password: string | null): Promise<void> {
  await call("DELETE", "/users/me", { json: { current_password: password } });
  forgetAccount();
}

export const listKeys = (): Promise<KeyPage> => call("GET", "/keys");
export const makeKey = (name: string, password: string | null): Promise<NewKeyOut> =>
  call("POST", "/keys", { json: { name, current_password: password, scopes: ["analyze"], expires_in_days: 365 } });
export const deleteKey = (id: string): Promise<null> => call("DELETE", `/keys/${encodeURIComponent(id)}`);
