/** Calls of the API: the language, the sign-in and its renewal, and errors as sentences for people. */

import { ReadableError } from "../errors.ts";
import { accountOf, change, forgetAccount, latestAccount, state } from "../state.ts";
import { t } from "../texts.ts";
import { announce } from "../ui/announce.ts";
import type { Problem, TokensOut } from "./types.ts";

const BASE = "/api/v1";
const RENEW_BEFORE_MS = 60_000;

/** An answer that is none. */
export class ApiError extends ReadableError {
  readonly status: number;
  readonly code: string;

  constructor(message: string, status: number, code: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Call {
  readonly json?: unknown;
  readonly body?: FormData | URLSearchParams;
  readonly query?: Readonly<Record<string, string | number | null>>;
  readonly signal?: AbortSignal;
  /** Send it as a guest, also after a sign-in. */
  readonly anonymous?: boolean;
}

/** Send a call and return the JSON of its answer, null if it has none; raises ApiError. */
export async function call<Kind>(method: string, path: string, options: Call = {}): Promise<Kind> {
  const answer = await send(method, path, options);
  return (answer.status === 204 ? null : await answer.json()) as Kind;
}

/** Send a call and return the bytes of its answer; raises ApiError. */
export async function download(path: string, options: Call = {}): Promise<Blob> {
  return (await send("GET", path, options)).blob();
}

async function send(method: string, path: string, options: Call): Promise<Response> {
  const account = options.anonymous === true ? null : state.account;
  if (account !== null && account.endsAt - Date.now() < RENEW_BEFORE_MS) await renew();
  try {
    return await sendOnce(method, path, options);
  } catch (error) {
    const hasEnded = account !== null && error instanceof ApiError && error.code === "TOKEN_INVALID"; // a wrong password is 401, too
    if (!hasEnded || !(await renew())) throw error;
    return sendOnce(method, path, options);
  }
}

async function sendOnce(method: string, path: string, options: Call): Promise<Response> {
  const { json, body, signal = null } = options;
  const sent = json === undefined ? (body ?? null) : JSON.stringify(json);
  const request = { method, headers: headersOf(options), body: sent, signal };
  const answer = await fetch(urlOf(path, options), request).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiError(t(navigator.onLine ? "failed" : "offline"), 0, "UNREACHABLE");
  });
  if (!answer.ok) throw await errorOf(answer);
  return answer;
}

function urlOf(path: string, { query = {} }: Call): URL {
  const url = new URL(BASE + path, location.origin);
  for (const [name, value] of Object.entries(query)) if (value !== null) url.searchParams.set(name, String(value));
  return url;
}

function headersOf({ json, anonymous }: Call): Record<string, string> {
  return {
    "Accept-Language": state.locale,
    ...(state.account !== null && anonymous !== true && { Authorization: `Bearer ${state.account.access}` }),
    ...(json !== undefined && { "Content-Type": "application/json" }),
  };
}

let renewal: Promise<boolean> | null = null;

/** Exchange the refresh token, once however many calls wait; return whether the sign-in still holds. */
function renew(): Promise<boolean> {
  renewal ??= exchange().finally(() => {
    renewal = null;
  });
  return renewal;
}

async function exchange(): Promise<boolean> {
  const latest = latestAccount();
  if (latest === null) {
    forgetAccount();
    return false;
  }
  if (latest.access !== state.account?.access) {
    change({ account: latest });
    return true;
  }
  const answer = await fetch(`${BASE}/auth/refresh`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ refresh_token: latest.refresh }),
  }).catch(() => null);
  if (answer?.ok) change({ account: accountOf((await answer.json()) as TokensOut) });
  else if (answer?.status === 401) {
    forgetAccount();
    announce(t("account.ended"));
  }
  return answer?.ok ?? false;
}

async function errorOf(answer: Response): Promise<ApiError> {
  const problem = (await answer.json().catch(() => null)) as Problem | null;
  return new ApiError(problem?.detail ?? t("failed"), answer.status, problem?.error.code ?? "");
}
