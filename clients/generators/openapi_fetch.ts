// A sign-in, a reading and a page of kept readings with openapi-fetch: npm run generate && npm run compile:fetch
// && node build/compiled/openapi_fetch.js http://localhost:8000 photo.jpg
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { paths } from "./build/schema.js";

async function readFace(baseUrl: string, image: string): Promise<number> {
  const client = createClient<paths>({ baseUrl });
  const account = { email: "openapi-fetch@example.com", username: "minji", password: "correct horse battery" };
  const { error: registration } = await client.POST("/api/v1/users", { body: account });
  if (registration) throw new Error(registration.error.code);
  const { data: tokens, error: refusal } = await client.POST("/api/v1/auth/login", {
    body: { username: account.email, password: account.password },
    headers: { "Content-Type": "application/x-www-form-urlencoded" }, // openapi-fetch sends JSON otherwise
  });
  if (!tokens) throw new Error(refusal.error.message);

  const headers = { Authorization: `Bearer ${tokens.access_token}` };
  const { data: reading, error } = await client.POST("/api/v1/analysis/face", { headers, body: { image } });
  if (!reading) throw new Error(error.error.code);
  if (!reading.parts_analysis?.["nose"]?.shape_id || !reading.fortune?.lucky.color) throw new Error("a whole reading has them");

  const { data: page } = await client.GET("/api/v1/analysis", { headers, params: { query: { page: 1, size: 20 } } });
  const scores: number[] = page?.items.map((kept) => kept.overall_score) ?? [];
  if (scores.length !== 0) throw new Error("nothing is kept without the consent to it");
  const erasure = await client.DELETE("/api/v1/users/me", { headers, body: { current_password: account.password } });
  if (erasure.error) throw new Error(erasure.error.error.code);
  return reading.overall_score ?? 0;
}

const [url, file] = process.argv.slice(2) as [string, string];
console.log(await readFace(url, readFileSync(file).toString("base64")));
