/** Names for the models of the API; every other one is in `Schemas`. */

import type { components } from "./schema.js";

export type Schemas = components["schemas"];

export type AgePositionOut = Schemas["AgePositionOut"];
export type BatchOut = Schemas["BatchOut"];
export type BatchPhotoReading = Schemas["BatchPhotoReading"];
export type CelebrityDetail = Schemas["CelebrityDetail"];
export type CelebrityOut = Schemas["CelebrityOut"];
export type ClassicOut = Schemas["ClassicOut"];
export type ComparisonOut = Schemas["ComparisonOut"];
export type CompatibilityOut = Schemas["CompatibilityOut"];
export type ConsentOut = Schemas["ConsentOut"];
export type ErrorCode = Schemas["ErrorCode"];
export type FaceReading = Schemas["FaceReading"];
export type FaceRequest = Schemas["FaceRequest"];
export type FortuneOut = Schemas["FortuneOut"];
export type IdentityOut = Schemas["IdentityOut"];
export type InvitationOut = Schemas["InvitationOut"];
export type KeptReadingOut = Schemas["KeptReadingOut"];
export type KeyOut = Schemas["KeyOut"];
export type KeyRequest = Schemas["KeyRequest"];
export type LookalikeOut = Schemas["LookalikeOut"];
export type NewInvitationOut = Schemas["NewInvitationOut"];
export type NewKeyOut = Schemas["NewKeyOut"];
export type NewShareOut = Schemas["NewShareOut"];
export type NoticeOut = Schemas["NoticeOut"];
export type OverlayOut = Schemas["OverlayOut"];
export type OwnAccountOut = Schemas["OwnAccountOut"];
export type OwnChange = Schemas["OwnChange"];
export type OwnDataOut = Schemas["OwnDataOut"];
export type PalaceOut = Schemas["PalaceOut"];
export type PartOut = Schemas["PartOut"];
export type Problem = Schemas["Problem"];
export type ProviderSignInOut = Schemas["ProviderSignInOut"];
export type ProvidersOut = Schemas["ProvidersOut"];
export type ReasonOut = Schemas["ReasonOut"];
export type Registration = Schemas["Registration"];
export type RetentionOut = Schemas["RetentionOut"];
export type SessionOut = Schemas["SessionOut"];
export type ShareOut = Schemas["ShareOut"];
export type SignedInOut = Schemas["SignedInOut"];
export type TaskOut = Schemas["TaskOut"];
export type TaskSummary = Schemas["TaskSummary"];
export type TokensOut = Schemas["TokensOut"];
export type TopicOut = Schemas["TopicOut"];
export type UserOut = Schemas["UserOut"];

/** A reading with all of its fields, as it is sent unless a shorter `detail` is asked for. */
export type FullReading = Required<FaceReading>;

/** Purpose of a consent. */
export type Purpose = ConsentOut["purpose"];

/** How much of a reading is sent. */
export type Detail = "short" | "story" | "full";

/** Ends a call, or the waiting for one; the call then rejects with the reason of the signal. */
export interface Cancellable {
  signal?: AbortSignal | undefined;
}
