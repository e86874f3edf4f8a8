/** Where the tokens of a sign-in are kept. */

/** The tokens of one sign-in. */
export interface Tokens {
  accessToken: string;
  /** Works once: whoever uses it stores the next pair. */
  refreshToken: string;
  /** Time at which the access token expires, in milliseconds since 1970 by the clock of this device. */
  expiresAt: number;
}

/** What a store keeps: the sign-in, and the token by which this device is known at the next one. */
export interface StoredSignIn {
  tokens: Tokens | null;
  deviceToken: string | null;
}

/** Keeps a sign-in; clients that share one, such as two tabs, are signed in together. */
export interface TokenStore {
  load(): StoredSignIn | Promise<StoredSignIn>;
  save(stored: StoredSignIn): void | Promise<void>;
}

const TABLE = "sign-ins";
const ROW = "current";
const NOTHING: StoredSignIn = { tokens: null, deviceToken: null };

/** Keeps a sign-in until the program ends. */
export class MemoryTokenStore implements TokenStore {
  #stored = NOTHING;

  load(): StoredSignIn {
    return this.#stored;
  }

  save(stored: StoredSignIn): void {
    this.#stored = stored;
  }
}

/**
 * Keeps a sign-in in `localStorage`, which all tabs of a site share.
 *
 * A tab may see what another one has written some milliseconds late. Then it renews a sign-in that was renewed just now, and the
 * service gives it the same tokens. `IndexedTokenStore` has no such delay.
 *
 * Every script of the site can read it: use it with a content security policy that lets no foreign script in.
 */
export class WebTokenStore implements TokenStore {
  readonly #storage: Pick<Storage, "getItem" | "setItem">;
  readonly #key: string;

  constructor(storage: Pick<Storage, "getItem" | "setItem">, key = "gwansang.sign-in") {
    this.#storage = storage;
    this.#key = key;
  }

  load(): StoredSignIn {
    try {
      return { ...NOTHING, ...(JSON.parse(this.#storage.getItem(this.#key) ?? "{}") as Partial<StoredSignIn>) };
    } catch {
      return NOTHING; // somebody else's text
    }
  }

  save(stored: StoredSignIn): void {
    this.#storage.setItem(this.#key, JSON.stringify(stored));
  }
}

/**
 * Keeps a sign-in in IndexedDB, which all tabs and workers of a site share, each seeing at once what another one has written.
 *
 * Every script of the site can read it, as with `WebTokenStore`.
 */
export class IndexedTokenStore implements TokenStore {
  readonly #database: string;

  /** database: its name. */
  constructor(database = "gwansang.sign-in") {
    this.#database = database;
  }

  async load(): Promise<StoredSignIn> {
    return (await this.#request("readonly", (rows) => rows.get(ROW) as IDBRequest<StoredSignIn | undefined>)) ?? NOTHING;
  }

  async save(stored: StoredSignIn): Promise<void> {
    await this.#request("readwrite", (rows) => rows.put(stored, ROW));
  }

  /** Return the result of a request once its transaction is complete. */
  async #request<Result>(mode: IDBTransactionMode, send: (rows: IDBObjectStore) => IDBRequest<Result>): Promise<Result> {
    const opening = indexedDB.open(this.#database, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(TABLE);
    };
    const database = await succeeded(opening);
    try {
      const transaction = database.transaction(TABLE, mode);
      const request = send(transaction.objectStore(TABLE));
      await new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => {
          resolve();
        };
        transaction.onabort = () => {
          reject(transaction.error ?? new Error("The transaction was aborted."));
        };
      });
      return request.result;
    } finally {
      database.close();
    }
  }
}

function succeeded<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("IndexedDB can't be opened."));
    };
  });
}
