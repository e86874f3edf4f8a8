/** Readings of faces, kept readings, and look-alikes. */

import type { ApiClient, ListOptions } from "./api_client.js";
import type { Pages } from "./pages.js";
import type {
  Cancellable,
  CelebrityOut,
  ComparisonOut,
  Detail,
  FaceReading,
  FaceRequest,
  FortuneOut,
  KeptReadingOut,
  LookalikeOut,
} from "./types.js";
import { listOf, type Upload } from "./uploads.js";

export interface AnalyzeOptions extends Cancellable {
  birthYear?: number | undefined;
  /** How much is sent; the shorter ones leave out fields. */
  detail?: Detail | undefined;
  locale?: string | undefined;
  /** Time zone of the day of the fortune, such as Asia/Seoul. */
  timezone?: string | undefined;
  /** Read it as a guest, also after a sign-in: nothing is kept. */
  anonymous?: boolean | undefined;
}

export interface ReadOptions extends Cancellable {
  detail?: Detail | undefined;
  locale?: string | undefined;
}

export interface MatchOptions extends Cancellable {
  birthYear?: number | undefined;
  /** Have a card to share drawn as well. */
  card?: boolean | undefined;
  /** Number of people, at most 20. */
  k?: number | undefined;
  locale?: string | undefined;
}

/** A picture of a kept reading to share. */
export interface CardOptions extends Cancellable {
  format?: "story" | "square" | "og" | undefined;
  locale?: string | undefined;
}

/** Readings. */
export class Readings {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** Read one photo of a face, or up to five of the same face. */
  analyze(photos: Upload | readonly Upload[], options: AnalyzeOptions = {}): Promise<FaceReading> {
    const { birthYear, detail, locale, timezone, anonymous, signal } = options;
    const form = { file: listOf(photos), ...(birthYear !== undefined && { birth_year: birthYear }) };
    return this.#api.call("POST", "/api/v1/analysis/face/upload", { form, query: { detail, locale, timezone }, anonymous, signal });
  }

  /** Read a face from a base64 image, or from landmarks that were found on the device. */
  analyzeFace(face: FaceRequest, options: Omit<AnalyzeOptions, "birthYear"> = {}): Promise<FaceReading> {
    const { detail, locale, timezone, anonymous, signal } = options;
    return this.#api.call("POST", "/api/v1/analysis/face", { json: face, query: { detail, locale, timezone }, anonymous, signal });
  }

  /** List kept readings, newest first. */
  list({ size, signal }: ListOptions = {}): Pages<KeptReadingOut> {
    return this.#api.pages("/api/v1/analysis", { query: { size }, signal });
  }

  read(analysisId: string, { detail, locale, signal }: ReadOptions = {}): Promise<FaceReading> {
    const path = { analysis_id: analysisId };
    return this.#api.call("GET", "/api/v1/analysis/{analysis_id}", { path, query: { detail, locale }, signal });
  }

  async delete(analysisId: string, { signal }: Cancellable = {}): Promise<void> {
    await this.#api.call("DELETE", "/api/v1/analysis/{analysis_id}", { path: { analysis_id: analysisId }, signal });
  }

  /** Return the fortune of a day, such as 2026-12-01. */
  fortune(analysisId: string, date: string, { signal }: Cancellable = {}): Promise<FortuneOut> {
    const path = { analysis_id: analysisId };
    return this.#api.call("GET", "/api/v1/analysis/{analysis_id}/fortune", { path, query: { date }, signal });
  }

  /** Compare two kept readings. */
  compare(a: string, b: string, { signal }: Cancellable = {}): Promise<ComparisonOut> {
    return this.#api.call("POST", "/api/v1/analysis/compare", { json: { a, b }, signal });
  }

  /** Return the card of a kept reading as PNG. */
  card(analysisId: string, { format, locale, signal }: CardOptions = {}): Promise<Blob> {
    const path = { analysis_id: analysisId };
    return this.#api.download("GET", "/api/v1/analysis/{analysis_id}/card.png", { path, query: { format, locale }, signal });
  }
}

/** Look-alikes. */
export class Lookalikes {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** Return the people of the gallery whom a face resembles most; needs the consent to `lookalike`. */
  match(photos: Upload | readonly Upload[], { birthYear, card, k, locale, signal }: MatchOptions = {}): Promise<LookalikeOut> {
    const form = { file: listOf(photos), ...(birthYear !== undefined && { birth_year: birthYear }) };
    return this.#api.call("POST", "/api/v1/celebrity/match/upload", { form, query: { card, k, locale }, signal });
  }

  /** List the people of the gallery. */
  gallery({ size, signal }: ListOptions = {}): Pages<CelebrityOut> {
    return this.#api.pages("/api/v1/celebrity", { query: { size }, signal });
  }
}
