/** Types of calls, from the paths of the document. */

import type { paths } from "./schema.js";
import type { Method } from "./transport.js";
import type { Cancellable } from "./types.js";

type Operations<Path extends keyof paths, Verb extends Method> = paths[Path][Lowercase<Verb>];
type Success = 200 | 201 | 202 | 204;

/** Paths that have this method. */
export type PathOf<Verb extends Method> = {
  [Path in keyof paths]: Operations<Path, Verb> extends { responses: unknown } ? Path : never;
}[keyof paths];

/** The operation of a method and a path. */
export type Operation<Verb extends Method, Path extends keyof paths> = Extract<Operations<Path, Verb>, { responses: unknown }>;

type Undefinable<Values> = { [Key in keyof Values]: Values[Key] | undefined };

type PathOption<Op> = Op extends { parameters: { path: infer Values } } ? Record<"path", Values> : unknown;
type QueryOption<Op> = Op extends { parameters: { query?: infer Values } } ? { query?: Undefinable<Values> | undefined } : unknown;
type ContentOption<Content> = Content extends { "application/json": infer Json }
  ? Record<"json", Json>
  : Content extends { "multipart/form-data": infer Fields }
    ? Record<"form", Fields>
    : Content extends { "application/x-www-form-urlencoded": infer Fields }
      ? Record<"form", Fields>
      : unknown;
type BodyOption<Op> = Op extends { requestBody: { content: infer Content } }
  ? ContentOption<Content>
  : Op extends { requestBody?: { content: infer Content } }
    ? Partial<ContentOption<Content>>
    : unknown;

/** What every call takes. */
export interface CommonOptions extends Cancellable {
  /** Makes a call that creates something repeatable: the same key is the same request. */
  idempotencyKey?: string | undefined;
  /** Send it without credentials. */
  anonymous?: boolean | undefined;
}

/** What a call takes: its parameters, and its body as `json` or `form`. */
export type CallOptions<Op> = CommonOptions & PathOption<Op> & QueryOption<Op> & BodyOption<Op>;

/** The last parameter of a call, which may be left out if nothing in it is needed. */
export type CallArguments<Op> = CommonOptions extends CallOptions<Op> ? [options?: CallOptions<Op>] : [options: CallOptions<Op>];

type JsonOf<Response> = Response extends { content: { "application/json": infer Json } } ? Json : undefined;

/** The JSON that an operation answers with. */
export type Answer<Op> = Op extends { responses: infer Responses }
  ? { [Status in keyof Responses & Success]: JsonOf<Responses[Status]> }[keyof Responses & Success]
  : never;

/** Paths of lists in pages. */
export type PagePath = {
  [Path in PathOf<"GET">]: Answer<Operation<"GET", Path>> extends { items: unknown[]; next?: string | null } ? Path : never;
}[PathOf<"GET">];

/** The element of a list in pages. */
export type ItemOf<Path extends PagePath> = Answer<Operation<"GET", Path>> extends { items: (infer Item)[] } ? Item : never;

/** Return a path with its parameters. */
export function fillPath(path: string, values: Readonly<Record<string, unknown>> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
}
