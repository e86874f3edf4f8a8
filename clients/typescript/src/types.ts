/** Names for the models of the API; every other one is in `Schemas`. */

import type { components } from "./schema.js";

export type Schemas = components["schemas"];

export type BatchOut = Schemas["BatchOut"];
export type BatchPhotoReading = Schemas["BatchPhotoReading"];
export type CelebrityDetail = Schemas["CelebrityDetail"];
export type CelebrityOut = Schemas["CelebrityOut"];
export type ComparisonOut = Schemas["ComparisonOut"];
export type ConsentOut = Schemas["ConsentOut"];
export type ErrorCode = Schemas["ErrorCode"];
export type FaceReading = Schemas["FaceReading"];
export type FaceRequest = Schemas["FaceRequest"];
export type FortuneOut = Schemas["FortuneOut"];
export type KeptReadingOut = Schemas["KeptReadingOut"];
export type KeyOut = Schemas["KeyOut"];
export type KeyRequest = Schemas["KeyRequest"];
export type LookalikeOut = Schemas["LookalikeOut"];
export type NewKeyOut = Schemas["NewKeyOut"];
export type OwnAccountOut = Schemas["OwnAccountOut"];
export type OwnChange = Schemas["OwnChange"];
export type OwnDataOut = Schemas["OwnDataOut"];
export type Problem = Schemas["Problem"];
export type Registration = Schemas["Registration"];
export type SessionOut = Schemas["SessionOut"];
export type SignedInOut = Schemas["SignedInOut"];
export type TaskOut = Schemas["TaskOut"];
export type TaskSummary = Schemas["TaskSummary"];
export type TokensOut = Schemas["TokensOut"];
export type UserOut = Schemas["UserOut"];

/** Purpose of a consent. */
export type Purpose = ConsentOut["purpose"];

/** How much of a reading is sent. */
export type Detail = "short" | "story" | "full";

/** Ends a call, or the waiting for one; the call then rejects with the reason of the signal. */
export interface Cancellable {
  signal?: AbortSignal | undefined;
}
