/** The client without sockets: its options, its groups of calls, and signing in. */

import { Account, Consents, Keys } from "./accounts.js";
import { ApiClient } from "./api_client.js";
import { GwansangError } from "./errors.js";
import { Lookalikes, Readings } from "./readings.js";
import { DEFAULT_RETRIES, type RetryPolicy } from "./retries.js";
import { SignIn, type Locks } from "./sign_in.js";
import { MemoryTokenStore, type TokenStore } from "./tokens.js";
import { readJson, Transport } from "./transport.js";
import type { Cancellable, ProviderSignInOut, Registration, SignedInOut, TokensOut, UserOut } from "./types.js";

const REFRESH_TIMEOUT_MS = 30_000;

export interface CoreOptions {
  /** Address of the service, such as https://example.com; in a browser that of the page by default. */
  baseUrl?: string | URL | undefined;
  /** An API key; calls then carry it instead of a sign-in. */
  apiKey?: string | undefined;
  /** Where the sign-in is kept; in memory by default. */
  tokens?: TokenStore | undefined;
  /** Language of texts: ko, en or ja; a function is asked at each call. */
  locale?: string | (() => string) | undefined;
  /** Called when the service has ended the sign-in, and the user has to sign in again. */
  onSignedOut?: ((error: GwansangError) => void) | undefined;
  retries?: Partial<RetryPolicy> | undefined;
  fetch?: typeof fetch | undefined;
  /** Lets one client of a store renew its sign-in at a time; by default the Web Locks of the platform. Null: none. */
  locks?: Locks | null | undefined;
}

export interface SignInDetails extends Cancellable {
  /** Name of this device in the list of sign-ins. */
  deviceName?: string | undefined;
}

/** All of `GwansangClient` but tasks and live guidance, for pages that use neither and count their bytes. */
export class CoreClient extends ApiClient {
  readonly account: Account;
  readonly consents: Consents;
  readonly keys: Keys;
  readonly readings: Readings;
  readonly lookalikes: Lookalikes;
  readonly #signIn: SignIn;

  constructor(options: CoreOptions = {}) {
    const baseUrl = baseUrlOf(options.baseUrl);
    const { locale } = options;
    const transport: Transport = new Transport(
      {
        baseUrl,
        apiKey: options.apiKey ?? null,
        locale: typeof locale === "function" ? locale : () => locale ?? null,
        fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
        retries: { ...DEFAULT_RETRIES, ...options.retries },
      },
      () => signIn,
    );
    super(transport);
    const signIn = new SignIn(options.tokens ?? new MemoryTokenStore(), (token) => refresh(transport, token), {
      locks: options.locks === undefined ? platformLocks() : options.locks,
      lockName: `gwansang.sign-in ${baseUrl.href}`,
      onEnded: options.onSignedOut,
    });
    this.#signIn = signIn;
    this.account = new Account(this, signIn);
    this.consents = new Consents(this);
    this.keys = new Keys(this);
    this.readings = new Readings(this);
    this.lookalikes = new Lookalikes(this);
  }

  /** Register an account; a code that verifies its address is mailed. */
  signUp(registration: Registration, { signal }: Cancellable = {}): Promise<UserOut> {
    return this.call("POST", "/api/v1/users", { json: registration, anonymous: true, signal });
  }

  /** Sign in, and keep the tokens. */
  async signIn(email: string, password: string, { deviceName, signal }: SignInDetails = {}): Promise<SignedInOut> {
    const form = { username: email, password, device_name: deviceName ?? null, device_token: await this.#signIn.deviceToken() };
    const signedIn = await this.call("POST", "/api/v1/auth/login", { form, anonymous: true, signal });
    await this.#signIn.begin(signedIn);
    return signedIn;
  }

  /** Exchange the code that the page of a provider has led back with; keep the sign-in, if it is one. */
  async exchangeCode(code: string, { signal }: Cancellable = {}): Promise<ProviderSignInOut> {
    const ended = await this.call("POST", "/api/v1/auth/providers/exchange", { json: { code }, anonymous: true, signal });
    if (ended.tokens !== null) await this.#signIn.begin(ended.tokens);
    return ended;
  }

  /** End the sign-in at the service and here; here also if the service can't be reached. */
  async signOut({ signal }: Cancellable = {}): Promise<void> {
    try {
      if (await this.isSignedIn()) await this.call("POST", "/api/v1/auth/logout", { signal });
    } catch (error) {
      if (!(error instanceof GwansangError && error.status === 401)) throw error; // it had ended already
    } finally {
      await this.#signIn.end();
    }
  }

  /** Say whether there is a sign-in, as far as is known here. */
  async isSignedIn(): Promise<boolean> {
    return this.#signIn.isKept();
  }
}

function baseUrlOf(given: string | URL | undefined): URL {
  const page = (globalThis as { location?: Location }).location?.origin;
  const address = String(given ?? page ?? "http://localhost:8000");
  return new URL(address.endsWith("/") ? address : `${address}/`);
}

/** Exchange a refresh token; for some seconds the service answers the same token with the same pair, so it may be sent again. */
async function refresh(transport: Transport, refreshToken: string): Promise<TokensOut> {
  const signal = AbortSignal.timeout(REFRESH_TIMEOUT_MS);
  const request = { json: { refresh_token: refreshToken }, anonymous: true, repeatable: true, signal };
  try {
    return (await transport.send("POST", "/api/v1/auth/refresh", request, readJson)) as TokensOut;
  } catch (error) {
    if (error instanceof GwansangError) throw error;
    throw new GwansangError("The service could not be reached.", "UNREACHABLE", { cause: error });
  }
}

function platformLocks(): Locks | null {
  return (globalThis as { navigator?: { locks?: Locks } }).navigator?.locks ?? null;
}
