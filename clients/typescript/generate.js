// Writes src/schema.ts, the types of clients/openapi.json. A part of a form that is a file becomes an `Upload`, a point a pair.
import { writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const DOCUMENT = new URL("../openapi.json", import.meta.url);
const TARGET = new URL("src/schema.ts", import.meta.url);
const HEAD = '// Written by `npm run generate`; do not edit.\nimport type { Upload } from "./uploads.js";\n\n';

const upload = ts.factory.createTypeReferenceNode("Upload");
const number = ts.factory.createKeywordTypeNode(ts.SyntaxKind.NumberKeyword);
const point = ts.factory.createTupleTypeNode([number, number]);
const nodes = await openapiTS(DOCUMENT, {
  defaultNonNullable: false, // a field of a request that has a default may be left out
  transform: (schema) => {
    if (schema.format === "binary") return upload;
    return schema.minItems === 2 && schema.maxItems === 2 && schema.items.type === "number" ? point : undefined;
  },
});
await writeFile(TARGET, HEAD + astToString(nodes));
