/** Typed calls: what the groups of a client, and programs, send through. */

import { fillPath, type Answer, type CallArguments, type ItemOf, type Operation, type PagePath, type PathOf } from "./calls.js";
import { Pages, type Page } from "./pages.js";
import { readJson, type Method, type Request, type Transport } from "./transport.js";
import type { Cancellable } from "./types.js";

interface Options extends Request {
  path?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of a list. */
export interface ListOptions extends Cancellable {
  /** Items of a page, at most 100. */
  size?: number | undefined;
}

/** Sends the operations of the document, with the types of their parameters and answers. */
export class ApiClient {
  readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** Send an operation and return the JSON of its answer; raises GwansangError. */
  async call<Verb extends Method, Path extends PathOf<Verb>>(
    method: Verb,
    path: Path,
    ...[options]: CallArguments<Operation<Verb, Path>>
  ): Promise<Answer<Operation<Verb, Path>>> {
    const { path: values, ...request }: Options = options ?? {};
    return (await this.transport.send(method, fillPath(path, values), request, readJson)) as Answer<Operation<Verb, Path>>;
  }

  /** Send an operation and return the bytes of its answer; accept: its media type, if there are several. */
  async download<Verb extends Method, Path extends PathOf<Verb>>(
    method: Verb,
    path: Path,
    options: CallArguments<Operation<Verb, Path>>[0] & { accept?: string | undefined },
  ): Promise<Blob> {
    const { path: values, ...request }: Options = options;
    return this.transport.send(method, fillPath(path, values), { accept: "*/*", ...request }, (answer) => answer.blob());
  }

  /** Return a list that is loaded while it is iterated. */
  pages<Path extends PagePath>(path: Path, ...[options]: CallArguments<Operation<"GET", Path>>): Pages<ItemOf<Path>> {
    const { path: values, query, ...request }: Options = options ?? {};
    const filled = fillPath(path, values);
    return new Pages((after) => {
      const page = { ...request, query: { ...query, ...(after !== undefined && { after }) } };
      return this.transport.send("GET", filled, page, readJson) as Promise<Page<ItemOf<Path>>>;
    });
  }
}
