/** The sign-in of a client: its access token, and the renewal of it. */

import { GwansangError } from "./errors.js";
import type { TokenStore, Tokens } from "./tokens.js";
import type { SignedInOut, TokensOut } from "./types.js";

const RENEW_BEFORE_MS = 60_000;

/** The part of the Web Locks API that is used here. */
export interface Locks {
  request<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
}

/** Exchanges a refresh token for new tokens. */
export type Exchange = (refreshToken: string) => Promise<TokensOut>;

export interface SignInOptions {
  /** Null if there are none. */
  locks: Locks | null;
  lockName: string;
  /** Called when the service has ended the sign-in. */
  onEnded?: ((error: GwansangError) => void) | undefined;
}

/**
 * Hands out access tokens and renews them, once however many calls and tabs wait.
 *
 * A refresh token works once. Web Locks let one tab renew at a time, and the others find its tokens in the store. Without them,
 * or with a store whose tabs see each other's writes late, several tabs may send the same token, which the service answers with
 * the same pair for some seconds.
 */
export class SignIn {
  readonly #store: TokenStore;
  readonly #exchange: Exchange;
  readonly #options: SignInOptions;
  #renewal: Promise<string | null> | null = null;

  constructor(store: TokenStore, exchange: Exchange, options: SignInOptions) {
    this.#store = store;
    this.#exchange = exchange;
    this.#options = options;
  }

  /** Return an access token that is valid now; null without a sign-in. Raises GwansangError if the sign-in has ended. */
  async accessToken(): Promise<string | null> {
    const { tokens } = await this.#store.load();
    if (tokens === null) return null;
    const leftMs = tokens.expiresAt - Date.now();
    if (leftMs > RENEW_BEFORE_MS) return tokens.accessToken;
    try {
      return await this.renew(tokens.accessToken);
    } catch (error) {
      if (leftMs <= 0 || isRefusal(error)) throw error;
      return tokens.accessToken; // still valid: the renewal can wait for the next call
    }
  }

  /** Replace an access token that is no longer accepted; return the one to use, null without a sign-in. */
  renew(refused: string): Promise<string | null> {
    this.#renewal ??= this.#exclusively(() => this.#renewOnce(refused)).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  /** Say whether there is a sign-in, which may have ended at the service. */
  async isKept(): Promise<boolean> {
    return (await this.#store.load()).tokens !== null;
  }

  /** Return the token by which this device is known at the next sign-in. */
  async deviceToken(): Promise<string | null> {
    return (await this.#store.load()).deviceToken;
  }

  /** Keep the tokens of a new sign-in. */
  async begin(signedIn: SignedInOut): Promise<void> {
    await this.#exclusively(async () => {
      await this.#store.save({ tokens: tokensOf(signedIn), deviceToken: signedIn.device_token });
    });
  }

  /** Forget the sign-in; forgetDevice: the device as well. */
  async end(forgetDevice = false): Promise<void> {
    await this.#exclusively(async () => {
      const { deviceToken } = await this.#store.load();
      await this.#store.save({ tokens: null, deviceToken: forgetDevice ? null : deviceToken });
    });
  }

  #exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const { locks, lockName } = this.#options;
    return locks === null ? work() : locks.request(lockName, work);
  }

  async #renewOnce(refused: string): Promise<string | null> {
    const { tokens: used } = await this.#store.load();
    if (used?.accessToken !== refused) return used?.accessToken ?? null; // renewed by another tab, or signed out
    try {
      return await this.#keep(tokensOf(await this.#exchange(used.refreshToken)), used);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return await this.#afterRefusal(used, error);
    }
  }

  /** Store renewed tokens, unless the user has signed out or in meanwhile; return the access token to use. */
  async #keep(renewed: Tokens, used: Tokens): Promise<string | null> {
    const { tokens, deviceToken } = await this.#store.load();
    if (tokens?.refreshToken !== used.refreshToken) return tokens?.accessToken ?? null;
    await this.#store.save({ tokens: renewed, deviceToken });
    return renewed.accessToken;
  }

  /** Return the token that another tab has got meanwhile; without one the sign-in has ended, and the error is raised. */
  async #afterRefusal(used: Tokens, error: GwansangError): Promise<string> {
    const { tokens, deviceToken } = await this.#store.load();
    if (tokens !== null && tokens.refreshToken !== used.refreshToken) return tokens.accessToken;
    await this.#store.save({ tokens: null, deviceToken });
    this.#options.onEnded?.(error);
    throw error;
  }
}

/** Say whether the service refused a refresh token, so that the sign-in has ended. */
function isRefusal(error: unknown): error is GwansangError {
  return error instanceof GwansangError && (error.code === "TOKEN_INVALID" || error.code === "TOKEN_REUSED");
}

function tokensOf(sent: TokensOut): Tokens {
  return { accessToken: sent.access_token, refreshToken: sent.refresh_token, expiresAt: Date.now() + sent.expires_in * 1000 };
}
