/** Errors of calls and of sockets. */

import type { ErrorCode, Problem, Schemas, TaskOut } from "./types.js";

/** A field of the request that is not valid, as a path such as `points.0`. */
export interface FieldError {
  field: string;
  message: string;
}

/**
 * Codes that this package gives itself.
 *
 * UNREACHABLE: there was no answer. UNEXPECTED_ANSWER: the answer is not one of this service, but of a proxy, say.
 * SOCKET_CLOSED: a socket was closed without a reason. TASK_CANCELLED: the task was cancelled.
 * WEBSOCKET_MISSING: this platform has no `WebSocket`, and none was given.
 */
export type ClientErrorCode =
  | "UNREACHABLE"
  | "UNEXPECTED_ANSWER"
  | "SOCKET_CLOSED"
  | "TASK_CANCELLED"
  | "WEBSOCKET_MISSING";

/** What is known of an error besides its message and its code. */
export interface ErrorFacts {
  status?: number;
  requestId?: string | null;
  retryAfterS?: number | null;
  details?: Schemas["JsonValue"];
  cause?: unknown;
}

/** The error of every call; the message is a sentence for people, in the language of the client if the service sent it. */
export class GwansangError extends Error {
  override readonly name = "GwansangError";
  /** For programs. A newer service may send a code that is not in this type. */
  readonly code: ErrorCode | ClientErrorCode;
  /** Status of the HTTP answer; 0 if there was none. */
  readonly status: number;
  /** Names the request in the log of the service. */
  readonly requestId: string | null;
  /** Seconds after which the same call is accepted. */
  readonly retryAfterS: number | null;
  /** Facts such as limits. */
  readonly details: Schemas["JsonValue"];

  constructor(message: string, code: ErrorCode | ClientErrorCode, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.status = facts.status ?? 0;
    this.requestId = facts.requestId ?? null;
    this.retryAfterS = facts.retryAfterS ?? null;
    this.details = facts.details ?? null;
  }

  /** Fields of the request that are not valid. */
  get fields(): FieldError[] {
    return Array.isArray(this.details) ? this.details.filter(isFieldError) : [];
  }
}

/** Return the error of a problem document, which came as an answer or over a socket. */
export function errorOfProblem(problem: Problem, retryAfter: string | null = null): GwansangError {
  const { code, details } = problem.error;
  return new GwansangError(problem.detail, code, {
    status: problem.status,
    requestId: problem.request_id,
    retryAfterS: secondsOf(retryAfter) ?? retryAfterIn(details),
    details,
  });
}

/** Return the error of an answer that is none of success. */
export async function errorOfAnswer(answer: Response): Promise<GwansangError> {
  const problem: unknown = await answer.json().catch(() => null);
  const retryAfter = answer.headers.get("Retry-After");
  if (isProblem(problem)) return errorOfProblem(problem, retryAfter);
  return new GwansangError(`The answer has the status ${answer.status}.`, "UNEXPECTED_ANSWER", {
    status: answer.status,
    requestId: answer.headers.get("X-Request-ID"),
    retryAfterS: secondsOf(retryAfter),
  });
}

/** Return the error of a task that has failed or was cancelled. */
export function errorOfTask(task: TaskOut): GwansangError {
  if (task.error === null) return new GwansangError("The task was cancelled.", "TASK_CANCELLED");
  return new GwansangError(task.error.message, task.error.code as ErrorCode, { details: task.error.details ?? null });
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== "object" || value === null || !("error" in value)) return false;
  return typeof value.error === "object" && value.error !== null && "code" in value.error;
}

function isFieldError(value: unknown): value is FieldError {
  return typeof value === "object" && value !== null && "field" in value && "message" in value;
}

function retryAfterIn(details: unknown): number | null {
  if (typeof details !== "object" || details === null || !("retry_after_s" in details)) return null;
  return typeof details.retry_after_s === "number" ? details.retry_after_s : null;
}

/** Return the seconds of a Retry-After header, which a proxy may send as a date. */
function secondsOf(header: string | null): number | null {
  if (header === null) return null;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(seconds, 0);
}
