/** Calls of the API that take more than the client has. */

import type { CommonOptions, CompatibilityOut, FullReading, KeptReadingOut } from "@gwansang/client";
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
