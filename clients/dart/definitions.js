// The reading's schema out of the OpenAPI document, as the plain JSON Schema that quicktype reads.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const text = readFileSync("../openapi.json", "utf8").replaceAll("#/components/schemas/", "#/definitions/");
const schema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  $ref: "#/definitions/FaceReading",
  definitions: JSON.parse(text).components.schemas,
};
mkdirSync("build", { recursive: true });
writeFileSync("build/reading.schema.json", JSON.stringify(schema));
