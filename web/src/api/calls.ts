/** Calls of the API that take more than the client has. */

import type { CommonOptions, CompatibilityOut, FullReading, KeptReadingOut, OwnChange, Purpose, Registration } from "@gwansang/client";
import type { MeshInput } from "@gwansang/face";
import { state } from "../state.ts";
import { client } from "./client.ts";

/** Return the date of today where the person is. */
export const localDay = (): string => new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 10);

/** Return a photo as a part of a form. */
export const photoOf = (data: Blob) => ({ data, name: "photo.jpg" });

/** Read the points of a face or its photo. */
export async function readFace(face: MeshInput | Blob, birthYear: number | null, options: CommonOptions): Promise<FullReading> {
  const told = { timezone: Intl.DateTimeFormat().resolvedOptions().timeZone, ...options };
  const read = face instanceof Blob
    ? client.readings.analyze(photoOf(face), { birthYear: birthYear ?? undefined, ...told })
    : client.readings.analyzeFace({ ...face, birth_year: birthYear }, told);
  return (await read) as FullReading;
}

/** Compare the points of a face or its photo with the face of whoever made an invitation. */
export function redeemInvitation(face: MeshInput | Blob, code: string, options: CommonOptions): Promise<CompatibilityOut> {
  return face instanceof Blob
    ? client.call("POST", "/api/v1/analysis/compatibility/invitation/upload", { form: { file: [photoOf(face)], code }, ...options })
    : client.call("POST", "/api/v1/analysis/compatibility/invitation", { json: { ...face, code }, ...options });
}

/** Return a kept reading in the language of the page. */
export const readKept = async (id: string): Promise<FullReading> =>
  (await client.readings.read(id, { locale: state.locale })) as FullReading;

/** Return the latest kept reading, undefined if there is none. */
export async function latestKept(): Promise<KeptReadingOut | undefined> {
  const { items } = await client.call("GET", "/api/v1/analysis", { query: { size: 1 } });
  return items[0];
}

export const listConsents = async () => ({ items: await client.consents.list() });
export const grantConsent = (purpose: Purpose, version: number) => client.consents.grant(purpose, version);
export const withdrawConsent = (purpose: Purpose) => client.consents.withdraw(purpose);
export const readRetention = () => client.call("GET", "/api/v1/privacy/retention");
export const exportData = () => client.account.exportZip();
export const eraseAccount = (password: string) => client.account.erase(password);

export const register = (account: Registration) => client.signUp(account);
export const signIn = (email: string, password: string) => client.signIn(email, password);
export const signOut = () => client.signOut();
export const readAccount = () => client.account.read();
export const changeAccount = (changes: OwnChange) => client.account.change(changes);
export const changePassword = (current: string, chosen: string) =>
  client.call("POST", "/api/v1/users/me/password", { json: { current_password: current, new_password: chosen } });
export const requestCode = () => client.account.requestCode();
export const verifyEmail = (code: string) => client.account.verifyEmail(code);
export const requestReset = (email: string) => client.account.requestReset(email);
export const resetPassword = (code: string, password: string) => client.account.resetPassword(code, password);
