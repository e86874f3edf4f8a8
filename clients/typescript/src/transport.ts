/** HTTP: credentials, languages, errors and repeated calls. */

import { errorOfAnswer, GwansangError } from "./errors.js";
import { isRepeatable, pauseBeforeRetry, type RetryPolicy } from "./retries.js";
import type { SignIn } from "./sign_in.js";
import { bodyOf, type Form } from "./uploads.js";
import { abortable, pause } from "./waiting.js";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Parameters of the URL; those without a value are not sent. */
export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A call; at most one of `json` and `form`. */
export interface Request {
  query?: Query | undefined;
  json?: unknown;
  form?: Form | undefined;
  accept?: string | undefined;
  /** Makes a call that creates something repeatable: the same key is the same request. */
  idempotencyKey?: string | undefined;
  /** Say that the call may be sent twice, although neither its method nor a key shows it. */
  repeatable?: boolean | undefined;
  /** Send it without credentials. */
  anonymous?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export interface TransportOptions {
  baseUrl: URL;
  apiKey: string | null;
  locale: () => string | null;
  fetch: typeof fetch;
  retries: RetryPolicy;
}

/** Sends calls with the credentials of a client. */
export class Transport {
  readonly options: TransportOptions;
  readonly #signIn: () => SignIn;

  /** signIn: the sign-in, which sends calls through this transport itself. */
  constructor(options: TransportOptions, signIn: () => SignIn) {
    this.options = options;
    this.#signIn = signIn;
  }

  /** Send a call, again if that is safe, and return what `read` makes of its answer; raises GwansangError. */
  async send<Result>(method: Method, path: string, request: Request, read: (answer: Response) => Promise<Result>): Promise<Result> {
    const repeatable = request.repeatable ?? (request.idempotencyKey !== undefined || isRepeatable(method));
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await read(await this.#sendWithCredentials(method, path, request));
      } catch (caught) {
        const error = this.#asError(caught, request.signal);
        const waitMs = pauseBeforeRetry(error, attempt, repeatable, this.options.retries);
        if (waitMs === null) throw error;
        await pause(waitMs, request.signal);
      }
    }
  }

  /** Say whether calls carry credentials. */
  async hasCredentials(): Promise<boolean> {
    return this.options.apiKey !== null || (await this.#signIn().accessToken()) !== null;
  }

  /** Return the address of a path. */
  urlOf(path: string, query: Query = {}): URL {
    const url = new URL(path.replace(/^\//, ""), this.options.baseUrl);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    }
    return url;
  }

  async #sendWithCredentials(method: Method, path: string, request: Request): Promise<Response> {
    const usesToken = request.anonymous !== true && this.options.apiKey === null;
    const token = usesToken ? await abortable(this.#signIn().accessToken(), request.signal) : null;
    try {
      return await this.#sendOnce(method, path, request, token);
    } catch (error) {
      if (token === null || !(error instanceof GwansangError && error.code === "TOKEN_INVALID")) throw error;
      const renewed = await abortable(this.#signIn().renew(token), request.signal);
      if (renewed === null || renewed === token) throw error;
      return await this.#sendOnce(method, path, request, renewed);
    }
  }

  /** Send a call and return its answer if that is one of success; raises its error otherwise. */
  async #sendOnce(method: Method, path: string, request: Request, token: string | null): Promise<Response> {
    const { json, form, signal = null } = request;
    const body = json === undefined ? (form === undefined ? null : bodyOf(form)) : JSON.stringify(json);
    const headers = this.#headers(request, token);
    const answer = await this.options.fetch(this.urlOf(path, request.query), { method, headers, body, signal });
    if (!answer.ok) throw await errorOfAnswer(answer);
    return answer;
  }

  #headers({ json, accept, anonymous, idempotencyKey }: Request, token: string | null): Record<string, string> {
    const { apiKey } = this.options;
    const locale = this.options.locale();
    return {
      Accept: accept ?? "application/json",
      ...(locale !== null && { "Accept-Language": locale }),
      ...(token !== null && { Authorization: `Bearer ${token}` }),
      ...(apiKey !== null && anonymous !== true && { "X-API-Key": apiKey }),
      ...(json !== undefined && { "Content-Type": "application/json" }),
      ...(idempotencyKey !== undefined && { "Idempotency-Key": idempotencyKey }),
    };
  }

  /** Return the error of a call that ended without a whole answer; raises the reason of the signal if it was aborted. */
  #asError(caught: unknown, signal: AbortSignal | undefined): unknown {
    signal?.throwIfAborted();
    if (caught instanceof SyntaxError) return new GwansangError("The answer is not JSON.", "UNEXPECTED_ANSWER", { cause: caught });
    if (!(caught instanceof TypeError)) return caught;
    return new GwansangError("The service could not be reached.", "UNREACHABLE", { cause: caught });
  }
}

/** Return the JSON of an answer, undefined if it has none. */
export async function readJson(answer: Response): Promise<unknown> {
  return answer.status === 204 ? undefined : await answer.json();
}
