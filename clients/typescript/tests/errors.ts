// Errors, retries, aborted calls and broken sockets: node tests/errors.ts http://localhost:8000 photo.jpg
import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { GwansangClient, GwansangError, type ClientOptions } from "../dist/index.js";

const [url, photoFile] = process.argv.slice(2) as [string, string];
const photo = await openAsBlob(photoFile);
const PASSWORD = "correct horse battery";
const ACCOUNT = { email: "errors@example.com", username: "minji", password: PASSWORD };

async function errorOf(call: Promise<unknown>): Promise<GwansangError> {
  const error: unknown = await call.then(
    () => null,
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof GwansangError, String(error));
  return error;
}

/** Return a client whose first calls of a kind fail as given, and the number of all calls of this kind. */
function failing(path: string, failures: (() => Response)[], options: ClientOptions = {}): [GwansangClient, () => number] {
  let calls = 0;
  const flaky: typeof fetch = async (input, init) => {
    if (!(input as URL).pathname.endsWith(path)) return fetch(input, init);
    calls += 1;
    const fail = failures.shift();
    return fail === undefined ? fetch(input, init) : fail();
  };
  return [new GwansangClient({ baseUrl: url, fetch: flaky, ...options }), () => calls];
}

function busy(code: string, status: number, seconds: string | null): Response {
  const problem = { status, detail: "Busy.", request_id: "r", error: { code, message: "Busy" } };
  return Response.json(problem, { status, headers: seconds === null ? {} : { "Retry-After": seconds } });
}

function lost(): Response {
  throw new TypeError("fetch failed");
}

async function typed(): Promise<void> {
  const client = new GwansangClient({ baseUrl: url, locale: "en" });
  const wall = await errorOf(client.readings.analyze(new Blob(["no picture"])));
  assert.deepEqual([wall.code, wall.status, wall.fields], ["UNSUPPORTED_IMAGE_TYPE", 400, []]);
  assert.match(wall.message, /\bphoto|JPEG/);
  assert.ok(wall.requestId);
  const invalid = await errorOf(client.signUp({ email: "x", username: "minji", password: "short" }));
  assert.equal(invalid.code, "VALIDATION_ERROR");
  assert.deepEqual(invalid.fields.map(({ field }) => field).sort(), ["email", "password"]);
  const nobody = await errorOf(new GwansangClient({ baseUrl: url, apiKey: "gsk_wrong" }).tasks.list().all());
  assert.deepEqual([nobody.code, nobody.status], ["KEY_INVALID", 401]);
  const away = new GwansangClient({ baseUrl: "http://127.0.0.1:1", retries: { retries: 0 } });
  const unreachable = await errorOf(away.readings.analyze(photo));
  assert.deepEqual([unreachable.code, unreachable.status], ["UNREACHABLE", 0]);
  const proxied = failing("/users/me", [() => new Response("<html>", { status: 502 })])[0];
  assert.equal((await errorOf(proxied.account.read())).code, "UNEXPECTED_ANSWER");
}

async function repeated(): Promise<void> {
  const busyNow = (): Response => busy("QUEUE_FULL", 503, "0");
  const [reader, readings] = failing("/upload", [busyNow, busyNow]);
  await reader.readings.analyze(photo, { detail: "short" });
  assert.equal(readings(), 3, "a call that was refused before its work is sent again");

  const unknown = failing("/upload", [() => busy("DATABASE_UNAVAILABLE", 503, "0")]);
  assert.equal((await errorOf(unknown[0].readings.analyze(photo))).code, "DATABASE_UNAVAILABLE");
  assert.equal(unknown[1](), 1, "a call that may have been carried out is not sent again");

  const [sender, sendings] = failing("/upload", [lost]);
  assert.equal((await errorOf(sender.readings.analyze(photo))).code, "UNREACHABLE");
  assert.equal(sendings(), 1, "nor one whose answer was lost");

  const [lister, lists] = failing("/celebrity", [lost, () => busy("RATE_LIMITED", 429, "0")]);
  await lister.lookalikes.gallery().all();
  assert.equal(lists(), 3, "a list is");

  const [patient, tries] = failing("/celebrity", [() => busy("RATE_LIMITED", 429, "3600")]);
  const limited = await errorOf(patient.lookalikes.gallery().all());
  assert.deepEqual([limited.code, limited.retryAfterS, tries()], ["RATE_LIMITED", 3600, 1]);
}

async function aborted(): Promise<void> {
  const client = new GwansangClient({ baseUrl: url });
  await assert.rejects(client.readings.analyze(photo, { signal: AbortSignal.abort() }), { name: "AbortError" });
  const waiting = failing("/celebrity", [() => busy("RATE_LIMITED", 429, "9")])[0];
  const given = new AbortController();
  setTimeout(() => { given.abort(new Error("enough")); }, 20);
  await assert.rejects(waiting.lookalikes.gallery({ signal: given.signal }).all(), { message: "enough" });
}

/** A socket that is cut after its first message, as by a proxy; later ones stay whole. */
let opened = 0;
class CutSocket extends WebSocket {
  constructor(address: string) {
    super(address);
    if (opened++ === 0) this.addEventListener("message", () => { this.close(); }, { once: true });
  }
}

async function interrupted(): Promise<void> {
  const [client, submissions] = failing("/analysis/batch", [lost], { webSocket: CutSocket });
  await client.signUp(ACCOUNT);
  await client.signIn(ACCOUNT.email, PASSWORD);
  const task = await client.tasks.submitBatch([photo, photo, photo]);
  assert.equal(submissions(), 2, "a submission whose answer was lost is sent again with its key");
  const versions: number[] = [];
  const done = await client.tasks.finish(task.task_id, { onProgress: ({ version }) => versions.push(version) });
  assert.equal(done.status, "done");
  assert.ok(opened >= 1 && new Set(versions).size === versions.length, "the watch goes on where it was cut");
  const before = opened;
  const absent = client.tasks.finish("0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10");
  assert.equal((await errorOf(absent)).code, "TASK_NOT_FOUND");
  assert.equal(opened, before + 1, "no other socket is tried for a task that there is not");
  await client.account.erase(PASSWORD);
  assert.equal((await errorOf(client.tasks.finish(task.task_id))).status, 401);
}

/** A guest's session of live guidance: a frame that is no picture, an abort, and a key that is not valid. */
async function guided(): Promise<void> {
  const given = new AbortController();
  const session = await new GwansangClient({ baseUrl: url, locale: "en" }).live.open({ signal: given.signal });
  assert.equal(session.guest, true);
  assert.ok(session.send(new Uint8Array([1, 2, 3])));
  assert.throws(() => session.send(new Uint8Array(session.maxFrameBytes + 1)), RangeError);
  const kinds = new Set<string>();
  let [sent, offered] = [0, 0];
  const offer = (): void => {
    for (let frame = 0; frame < 100; frame += 1) sent += Number(session.send(photo));
    offered += 100;
  };
  let filming: ReturnType<typeof setInterval> | undefined;
  const reading = session.reading((message) => {
    kinds.add(message.type === "error" ? message.problem.error.code : message.type);
    if (message.type === "guidance") given.abort(new Error("enough"));
    filming ??= setInterval(offer, 10);
  });
  await assert.rejects(reading, { message: "enough" });
  clearInterval(filming);
  assert.deepEqual(kinds, new Set(["UNSUPPORTED_IMAGE_TYPE", "guidance"]));
  assert.ok(sent >= 1 && sent < offered / 10, "frames that come too early are dropped");
  const stranger = new GwansangClient({ baseUrl: url, apiKey: "gsk_wrong" });
  assert.equal((await errorOf(stranger.live.open())).code, "KEY_INVALID");
  const bare = new GwansangClient({ baseUrl: url, webSocket: null });
  assert.equal((await errorOf(bare.live.open())).code, "WEBSOCKET_MISSING");
}

await typed();
await guided();
await repeated();
await aborted();
await interrupted();
