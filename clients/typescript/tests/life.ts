// The life of one account: node tests/life.ts http://localhost:8000 photo.jpg frame.jpg
import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { GwansangClient, GwansangError, type TaskEvent } from "../dist/index.js";

const EMAIL = "typescript@example.com";
const PASSWORD = "correct horse battery";
const [url, photoFile, frameFile] = process.argv.slice(2) as [string, string, string];
const photo = await openAsBlob(photoFile);
let language = "en";
const client = new GwansangClient({ baseUrl: url, locale: () => language });

/** Return the code of the newest mail to an address, from the page that a service for development has. */
async function mailedCode(to: string): Promise<string> {
  for (;;) {
    const page = await (await fetch(`${url}/dev/mails`)).text();
    const mail = page.split("<article>").find((article) => article.includes(to));
    const code = mail === undefined ? null : /^[\w.-]{40,}$/m.exec(mail.replace(/<pre>|<\/pre>/g, "\n"));
    if (code !== null) return code[0];
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function signUp(): Promise<void> {
  const user = await client.signUp({ email: EMAIL, username: "minji", password: PASSWORD });
  assert.equal(user.username, "minji");
  await client.signIn(EMAIL, PASSWORD, { deviceName: "a test" });
  await assert.rejects(client.consents.grant("history", 2), { code: "EMAIL_UNVERIFIED", status: 403 });
  await client.account.verifyEmail(await mailedCode(EMAIL));
  assert.equal((await client.account.read()).email_verified, true);
  const [session] = await client.account.sessions().all();
  assert.equal(session?.device_name, "a test");
}

async function agree(): Promise<void> {
  for (const { purpose, version, granted } of await client.consents.list()) {
    if (!granted && (purpose === "history" || purpose === "lookalike")) await client.consents.grant(purpose, version);
  }
}

async function read(): Promise<string> {
  const reading = await client.readings.analyze({ data: photo, name: "me.jpg" }, { birthYear: 1990 });
  assert.equal(reading.locale, "en");
  assert.ok((reading.overall_score ?? 0) >= 60);
  const again = await client.readings.analyze([photo, photo], { detail: "short" });
  assert.equal(again.parts_analysis, undefined);
  const kept = await client.readings.read(reading.analysis_id, { locale: "ko" });
  assert.equal(kept.locale, "ko");
  language = "ja";
  const guest = await client.readings.analyze(photo, { anonymous: true });
  assert.deepEqual([guest.locale, guest.kept], ["ja", false]);
  language = "en";
  const card = await client.readings.card(reading.analysis_id, { format: "square" });
  assert.equal(card.type, "image/png");
  assert.equal((await client.readings.compare(reading.analysis_id, again.analysis_id)).agreement, 1);
  return reading.analysis_id;
}

async function guide(): Promise<void> {
  const session = await client.live.open({ birthYear: 1990 });
  const frame = await openAsBlob(frameFile);
  const filming = setInterval(() => session.send(frame), 30);
  const texts = new Set<string>();
  try {
    const reading = await session.reading((message) => message.type === "guidance" && texts.add(message.text));
    assert.equal(reading.locale, "en");
    assert.ok(texts.size >= 1);
  } finally {
    clearInterval(filming);
  }
}

async function work(): Promise<void> {
  const submitted = await client.tasks.submitBatch([photo, new Uint8Array([255, 216, 255, 1])]);
  const events: TaskEvent[] = [];
  const task = await client.tasks.finish(submitted.task_id, { onProgress: (event) => events.push(event) });
  assert.ok(task.result && "photos" in task.result);
  assert.deepEqual([task.result.read, task.result.failed], [1, 1]);
  assert.equal(events.at(-1)?.type, "result");
  const versions = events.map((event) => event.version);
  assert.deepEqual(versions, [...new Set(versions)].sort((a, b) => a - b), "each change comes once, in order");
  const whole = await client.tasks.readPhoto(task.task_id, 1);
  assert.equal(whole.reading?.locale, "en");

  const withoutSockets = new GwansangClient({ baseUrl: url, apiKey: await makeKey(), webSocket: null });
  const polled = await withoutSockets.tasks.submitBatch([photo]);
  assert.equal((await withoutSockets.tasks.finish(polled.task_id, { pollMs: 50 })).status, "done");
  const failing = await client.tasks.submitVideo(photo).catch((error: unknown) => error);
  assert.ok(failing instanceof GwansangError && failing.code === "UNSUPPORTED_VIDEO_TYPE");
}

async function makeKey(): Promise<string> {
  return (await client.keys.make({ name: "a test", scopes: ["analyze"], current_password: PASSWORD })).key;
}

async function match(): Promise<void> {
  const found = await client.lookalikes.match(photo, { k: 2 });
  assert.equal(found.matches.length, 2);
  const gallery = await client.lookalikes.gallery({ size: 2 }).all();
  assert.equal(new Set(gallery.map((person) => person.id)).size, 3, "pages of two hold all three");
}

async function leave(analysisId: string): Promise<void> {
  const kept = await client.readings.list({ size: 2 }).all();
  assert.ok(kept.some((item) => item.analysis_id === analysisId));
  const exported = await client.account.export();
  assert.equal(exported.analyses.length, kept.length);
  assert.equal((await client.account.exportZip()).type, "application/zip");
  await client.account.erase(PASSWORD);
  assert.equal(await client.isSignedIn(), false);
  await assert.rejects(client.signIn(EMAIL, PASSWORD), { code: "INVALID_CREDENTIALS", status: 401 });
}

await signUp();
await agree();
const analysisId = await read();
await guide();
await work();
await match();
await leave(analysisId);
