/** Files of a form, and forms. */

/** A file with the name that it has in the form. */
export interface NamedUpload {
  data: Blob | BufferSource;
  name: string;
}

/** What can be sent as a file; a `File` of a browser is a `Blob`. */
export type Upload = Blob | BufferSource | NamedUpload;

/** A form whose empty fields are not sent; a list has one part for each element. */
export type Form = Readonly<Record<string, unknown>>;

/** Return a body for a form: multipart if it has a file, URL-encoded otherwise. */
export function bodyOf(form: Form): FormData | URLSearchParams {
  const parts = Object.entries(form).flatMap(([name, value]) => partsOf(name, value));
  if (!parts.some(([, value]) => isUpload(value))) return new URLSearchParams(parts.map(([name, value]) => [name, String(value)]));
  const body = new FormData();
  for (const [name, value] of parts) {
    if (isUpload(value)) appendFile(body, name, value);
    else body.append(name, String(value));
  }
  return body;
}

/** Return what may be one or several as a list. */
export function listOf(uploads: Upload | readonly Upload[]): Upload[] {
  return isUpload(uploads) ? [uploads] : [...uploads];
}

function partsOf(name: string, value: unknown): [string, unknown][] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value.map((part: unknown) => [name, part]) : [[name, value]];
}

function isUpload(value: unknown): value is Upload {
  return value instanceof Blob || isBytes(value) || (typeof value === "object" && value !== null && "data" in value && "name" in value);
}

function isBytes(value: unknown): value is BufferSource {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}

function appendFile(body: FormData, field: string, upload: Upload): void {
  if (upload instanceof File) body.append(field, upload, upload.name);
  else if (upload instanceof Blob) body.append(field, upload, "upload");
  else if (isBytes(upload)) body.append(field, new Blob([upload]), "upload");
  else body.append(field, upload.data instanceof Blob ? upload.data : new Blob([upload.data]), upload.name);
}
