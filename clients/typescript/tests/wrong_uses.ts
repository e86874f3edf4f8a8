// Uses that must not compile: the compiler reports each that does.
import type { GwansangClient, GwansangError } from "../dist/index.js";

export async function misuse(client: GwansangClient, error: GwansangError): Promise<unknown[]> {
  const reading = await client.readings.read("id");
  const uses: unknown[] = [
    // @ts-expect-error a reading has no such field
    reading.overall_scores,
    // @ts-expect-error a comparison needs two readings
    client.call("POST", "/api/v1/analysis/compare", { json: { a: "one" } }),
    // @ts-expect-error there is no such call
    client.call("DELETE", "/api/v1/consents", {}),
    // @ts-expect-error an account is no list
    client.pages("/api/v1/users/me"),
    // @ts-expect-error there is no such purpose
    client.consents.grant("histories", 2),
    // @ts-expect-error there is no such code
    error.code === "NO_FACES",
  ];
  return uses;
}
