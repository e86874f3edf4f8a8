// Two clients with one store, as two tabs of a browser are: node tests/two_tabs.ts http://localhost:8000
import assert from "node:assert/strict";
import { GwansangClient, WebTokenStore, type ClientOptions, type StoredSignIn } from "../dist/index.js";

const EMAIL = "tabs@example.com";
const PASSWORD = "correct horse battery";
const [url] = process.argv.slice(2) as [string];

/** The storage that all tabs of a site share. */
const texts = new Map<string, string>();
const storage = {
  getItem: (key: string): string | null => texts.get(key) ?? null,
  setItem: (key: string, value: string): void => void texts.set(key, value),
};
let refreshes = 0;
let ended = 0;

const counting: typeof fetch = (input, init) => {
  if ((input as URL).pathname.endsWith("/auth/refresh")) refreshes += 1;
  return fetch(input, init);
};

function tab(options: ClientOptions = {}): GwansangClient {
  const onSignedOut = (): void => void (ended += 1);
  return new GwansangClient({ baseUrl: url, tokens: new WebTokenStore(storage), fetch: counting, onSignedOut, ...options });
}

function stored(): StoredSignIn {
  return new WebTokenStore(storage).load();
}

/** Change the tokens in the store. */
function change(changed: Partial<NonNullable<StoredSignIn["tokens"]>>): void {
  const { tokens, deviceToken } = stored();
  assert.ok(tokens);
  new WebTokenStore(storage).save({ tokens: { ...tokens, ...changed }, deviceToken });
}

/** Let many calls of two tabs find the access token expired at the same time; return the number of refreshes. */
async function callAtOnce(...tabs: GwansangClient[]): Promise<number> {
  refreshes = 0;
  change({ expiresAt: 0 });
  const calls = tabs.flatMap((client) => [client.account.read(), client.consents.list(), client.account.read()]);
  await Promise.all(calls);
  return refreshes;
}

await tab().signUp({ email: EMAIL, username: "minji", password: PASSWORD });
await tab().signIn(EMAIL, PASSWORD);
assert.equal(await callAtOnce(tab(), tab()), 1, "two tabs renew once");

const before = stored().tokens?.refreshToken;
assert.equal(await callAtOnce(tab(), tab()), 1, "and once more with the next token");
assert.notEqual(stored().tokens?.refreshToken, before);

const withoutLocks = await callAtOnce(tab({ locks: null }), tab({ locks: null }));
assert.ok(withoutLocks <= 2, "without locks each tab renews once at most");
assert.equal((await tab().account.read()).email, EMAIL);

// an access token that the service does not take is renewed by the answer, and the call is sent again
refreshes = 0;
change({ accessToken: "not.a.token" });
assert.equal((await tab().account.read()).email, EMAIL);
assert.equal(refreshes, 1);

// a tab without locks whose token another one has used takes the tokens of the other one from the store
const late: typeof fetch = async (input, init) => {
  if (!(input as URL).pathname.endsWith("/auth/refresh")) return fetch(input, init);
  await tab().account.read();
  const problem = { status: 401, detail: "Used.", request_id: "r", error: { code: "TOKEN_REUSED", message: "Used" } };
  return Response.json(problem, { status: 401 });
};
change({ expiresAt: 0 });
assert.equal((await tab({ locks: null, fetch: late }).account.read()).email, EMAIL);
assert.equal(ended, 0);

// a renewal that ends after a sign-out brings nothing back
const kept = stored();
const leaving: typeof fetch = async (input, init) => {
  const answer = await fetch(input, init);
  new WebTokenStore(storage).save({ ...kept, tokens: null });
  return answer;
};
change({ expiresAt: 0 });
await assert.rejects(tab({ locks: null, fetch: leaving }).account.read(), { code: "UNAUTHENTICATED" });
assert.equal(stored().tokens, null);
await tab().signIn(EMAIL, PASSWORD);

// a wrong password is no ended sign-in: it is sent once, and costs no renewal
refreshes = 0;
await assert.rejects(tab().account.erase("not the password"), { code: "INVALID_CREDENTIALS", status: 401 });
assert.equal(refreshes, 0);

// the owner of a sign-in that was ended elsewhere is signed out, once, and not a guest
await tab({ tokens: { load: stored, save: () => undefined } }).call("POST", "/api/v1/auth/logout");
const lateTab = tab();
await assert.rejects(lateTab.readings.list().all(), { status: 401 });
assert.deepEqual([ended, await lateTab.isSignedIn()], [1, false]);
assert.ok(stored().deviceToken, "the device is still known");
await tab().signIn(EMAIL, PASSWORD);
await tab().account.erase(PASSWORD);
