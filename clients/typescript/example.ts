// A sign-in, a reading and a page of kept readings, typed by the generated schema.
import createClient from "openapi-fetch";
import type { paths } from "./build/schema";

export async function readFace(baseUrl: string, email: string, password: string, image: string) {
  const client = createClient<paths>({ baseUrl });
  const { data: tokens, error: refusal } = await client.POST("/api/v1/auth/login", {
    body: { username: email, password },
    bodySerializer: (body) => new URLSearchParams({ username: body.username, password: body.password }),
  });
  if (!tokens) throw new Error(refusal.error.message);

  const headers = { Authorization: `Bearer ${tokens.access_token}` };
  const { data: reading, error } = await client.POST("/api/v1/analysis/face", { headers, body: { image } });
  if (!reading) throw new Error(error.error.code);

  const { data: page } = await client.GET("/api/v1/analysis", { headers, params: { query: { page: 1, size: 20 } } });
  const scores: number[] = page?.items.map((kept) => kept.overall_score) ?? [];
  const nose: string | undefined = reading.parts_analysis?.["nose"]?.shape_id;
  return { reading, nose, color: reading.fortune?.lucky.color, earlier: scores };
}
