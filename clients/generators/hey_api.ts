// The same with the client that hey-api generates: node build/compiled/hey_api.js http://localhost:8000 photo.jpg
import { openAsBlob } from "node:fs";
import { client } from "./build/hey_api/client.gen.js";
import { analyzeUploadedFace, deleteMe, listReadings, login, register } from "./build/hey_api/sdk.gen.js";

async function readFace(baseUrl: string, photo: Blob): Promise<number> {
  const account = { email: "hey-api@example.com", username: "minji", password: "correct horse battery" };
  let token: string | undefined;
  client.setConfig({ baseUrl, auth: ({ scheme }) => (scheme === "bearer" ? token : undefined) });

  const registration = await register({ body: account });
  if (registration.error) throw new Error(registration.error.error.code);
  const tokens = await login({ body: { username: account.email, password: account.password } });
  if (!tokens.data) throw new Error(tokens.error.error.message);
  token = tokens.data.access_token;

  const { data: reading, error } = await analyzeUploadedFace({ body: { file: [photo] }, query: { locale: "en" } });
  if (!reading) throw new Error(error.error.code);
  if (reading.locale !== "en" || !reading.parts_analysis?.["nose"]?.shape_id) throw new Error("a whole reading has them");
  const page = await listReadings({ query: { size: 20 } });
  if (page.data?.items.length !== 0) throw new Error("nothing is kept without the consent to it");
  const erasure = await deleteMe({ body: { current_password: account.password } });
  if (erasure.error) throw new Error(erasure.error.error.code);
  return reading.overall_score ?? 0;
}

const [url, file] = process.argv.slice(2) as [string, string];
console.log(await readFace(url, await openAsBlob(file)));
