// Writes src/schema.ts, the types of clients/openapi.json; a part of a form that is a file becomes an `Upload`.
import { writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const DOCUMENT = new URL("../openapi.json", import.meta.url);
const TARGET = new URL("src/schema.ts", import.meta.url);
const HEAD = '// Written by `npm run generate`; do not edit.\nimport type { Upload } from "./uploads.js";\n\n';

const upload = ts.factory.createTypeReferenceNode("Upload");
const nodes = await openapiTS(DOCUMENT, {
  defaultNonNullable: false, // a field of a request that has a default may be left out
  transform: (schema) => (schema.format === "binary" ? upload : undefined),
});
await writeFile(TARGET, HEAD + astToString(nodes));
