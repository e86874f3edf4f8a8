/** The caller's own account: address, consents, keys, sign-ins, export and erasure. */

import type { ApiClient, ListOptions } from "./api_client.js";
import type { Pages } from "./pages.js";
import type { SignIn } from "./sign_in.js";
import type {
  Cancellable,
  ConsentOut,
  KeyOut,
  KeyRequest,
  NewKeyOut,
  OwnAccountOut,
  OwnChange,
  OwnDataOut,
  Purpose,
  SessionOut,
} from "./types.js";

/** The account. */
export class Account {
  readonly #api: ApiClient;
  readonly #signIn: SignIn;

  constructor(api: ApiClient, signIn: SignIn) {
    this.#api = api;
    this.#signIn = signIn;
  }

  read({ signal }: Cancellable = {}): Promise<OwnAccountOut> {
    return this.#api.call("GET", "/api/v1/users/me", { signal });
  }

  change(changed: OwnChange, { signal }: Cancellable = {}): Promise<OwnAccountOut> {
    return this.#api.call("PATCH", "/api/v1/users/me", { json: changed, signal });
  }

  /** Have a code mailed that verifies the address. */
  async requestCode({ signal }: Cancellable = {}): Promise<void> {
    await this.#api.call("POST", "/api/v1/auth/verify-email/request", { signal });
  }

  /** Verify an address with the code that was mailed to it; this needs no sign-in. */
  async verifyEmail(code: string, { signal }: Cancellable = {}): Promise<void> {
    await this.#api.call("POST", "/api/v1/auth/verify-email", { json: { token: code }, anonymous: true, signal });
  }

  /** Have a code for a new password mailed; the answer is the same for an unknown address. */
  async requestReset(email: string, { signal }: Cancellable = {}): Promise<void> {
    await this.#api.call("POST", "/api/v1/auth/reset-password/request", { json: { email }, anonymous: true, signal });
  }

  /** Choose a new password with a mailed code; every sign-in ends. */
  async resetPassword(code: string, password: string, { signal }: Cancellable = {}): Promise<void> {
    const json = { token: code, password };
    await this.#api.call("POST", "/api/v1/auth/reset-password", { json, anonymous: true, signal });
  }

  /** List sign-ins, the last used first. */
  sessions({ size, signal }: ListOptions = {}): Pages<SessionOut> {
    return this.#api.pages("/api/v1/users/me/sessions", { query: { size }, signal });
  }

  async endSession(sessionId: string, { signal }: Cancellable = {}): Promise<void> {
    await this.#api.call("DELETE", "/api/v1/users/me/sessions/{session_id}", { path: { session_id: sessionId }, signal });
  }

  /** Return all of one's own data. */
  async export({ signal }: Cancellable = {}): Promise<OwnDataOut> {
    return this.#api.call("GET", "/api/v1/users/me/export", { query: { format: "json" }, signal });
  }

  /** Return all of one's own data as a ZIP, with readings as text and kept photos. */
  exportZip({ signal }: Cancellable = {}): Promise<Blob> {
    return this.#api.download("GET", "/api/v1/users/me/export", { query: { format: "zip" }, signal });
  }

  /** Erase the account with everything that belongs to it, and forget the sign-in. */
  async erase(currentPassword?: string, { signal }: Cancellable = {}): Promise<void> {
    const json = currentPassword === undefined ? {} : { current_password: currentPassword };
    await this.#api.call("DELETE", "/api/v1/users/me", { json, signal });
    await this.#signIn.end(true);
  }
}

/** Consents, each to one purpose. */
export class Consents {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** List all purposes with their texts and what was agreed to. */
  async list({ signal }: Cancellable = {}): Promise<ConsentOut[]> {
    return (await this.#api.call("GET", "/api/v1/consents", { signal })).items;
  }

  /** Agree to a purpose; version: that of the text that was shown. */
  grant(purpose: Purpose, version: number, { signal }: Cancellable = {}): Promise<ConsentOut> {
    return this.#api.call("PUT", "/api/v1/consents/{purpose}", { path: { purpose }, json: { version }, signal });
  }

  /** Withdraw a consent; the data that depends on it is deleted. */
  withdraw(purpose: Purpose, { signal }: Cancellable = {}): Promise<ConsentOut> {
    return this.#api.call("DELETE", "/api/v1/consents/{purpose}", { path: { purpose }, signal });
  }
}

/** API keys. */
export class Keys {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  list({ size, signal }: ListOptions = {}): Pages<KeyOut> {
    return this.#api.pages("/api/v1/keys", { query: { size }, signal });
  }

  /** Make a key; the answer is the only one that has it. */
  make(request: KeyRequest, { signal }: Cancellable = {}): Promise<NewKeyOut> {
    return this.#api.call("POST", "/api/v1/keys", { json: request, signal });
  }

  async delete(keyId: string, { signal }: Cancellable = {}): Promise<void> {
    await this.#api.call("DELETE", "/api/v1/keys/{key_id}", { path: { key_id: keyId }, signal });
  }
}
