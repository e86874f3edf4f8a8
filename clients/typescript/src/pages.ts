/** Lists that come in pages. */

/** One page; `next` names the page after it; the last one has none. */
export interface Page<Item> {
  items: Item[];
  next?: string | null;
}

/** A list that is loaded page by page while it is iterated: `for await (const item of list)`. */
export class Pages<Item> implements AsyncIterable<Item> {
  readonly #load: (after: string | undefined) => Promise<Page<Item>>;

  constructor(load: (after: string | undefined) => Promise<Page<Item>>) {
    this.#load = load;
  }

  /** Yield whole pages. */
  async *pages(): AsyncGenerator<Page<Item>, void> {
    let after: string | null = null;
    do {
      const page: Page<Item> = await this.#load(after ?? undefined);
      yield page;
      after = page.next ?? null;
    } while (after !== null);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void> {
    for await (const page of this.pages()) yield* page.items;
  }

  /** Return all items. */
  async all(): Promise<Item[]> {
    const items: Item[] = [];
    for await (const item of this) items.push(item);
    return items;
  }
}
