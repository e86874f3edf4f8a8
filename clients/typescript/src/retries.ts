/** Which calls are sent again, and when. */

import { GwansangError } from "./errors.js";
import type { ErrorCode } from "./types.js";

/** How often a call is sent again, and how long a wait for that may be. */
export interface RetryPolicy {
  retries: number;
  maxWaitMs: number;
}

export const DEFAULT_RETRIES: RetryPolicy = { retries: 2, maxWaitMs: 10_000 };

const FIRST_PAUSE_MS = 250;
const REPEATABLE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT"]);
/** Codes of 503 with which the service refuses a call before it has done anything for it, or undoes all of it. */
const REFUSED_BEFORE_WORK: ReadonlySet<string> = new Set<ErrorCode>([
  "QUEUE_FULL",
  "NOT_READY",
  "INTAKE_FULL",
  "HASHING_BUSY",
  "LIMITS_UNAVAILABLE",
  "PROFILE_BUSY",
]);

/** Say whether a call of this method that arrived twice would have the effect of one. */
export function isRepeatable(method: string): boolean {
  return REPEATABLE_METHODS.has(method);
}

/** Return the milliseconds after which a call is sent again; null if it must not be, or if the wait were too long. */
export function pauseBeforeRetry(error: unknown, attempt: number, repeatable: boolean, policy: RetryPolicy): number | null {
  if (!(error instanceof GwansangError) || attempt > policy.retries) return null;
  if (error.code === "UNREACHABLE") return repeatable ? FIRST_PAUSE_MS * 2 ** (attempt - 1) : null;
  if (error.retryAfterS === null || !isRefusedForNow(error, repeatable)) return null;
  const waitMs = error.retryAfterS * 1000;
  return waitMs <= policy.maxWaitMs ? waitMs : null;
}

/** Say whether the same call may be accepted later, and did nothing until now or may do it twice. */
function isRefusedForNow({ status, code }: GwansangError, repeatable: boolean): boolean {
  return status === 429 || (status === 503 && (repeatable || REFUSED_BEFORE_WORK.has(code)));
}
