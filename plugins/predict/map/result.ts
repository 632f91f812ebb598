/** What is known of an item, whatever became of it. */
export interface MappedItem<Item> {
  /** The item itself. */
  readonly item: Item;
  /** Its place among all items, from 0. */
  readonly index: number;
  /** Its name, when `key` was given. */
  readonly key: string | undefined;
  /** How often it was tried. */
  readonly attempts: number;
}

/** An item that was predicted. */
export interface MapAnswer<Item, Output> extends MappedItem<Item> {
  /** Tells it from a {@linkcode MapFailure}. */
  readonly ok: true;
  /** What the service has answered. */
  readonly output: Output;
}

/** An item that could not be predicted. */
export interface MapFailure<Item> extends MappedItem<Item> {
  /** Tells it from a {@linkcode MapAnswer}. */
  readonly ok: false;
  /** What `predict` has thrown the last time. */
  readonly error: unknown;
}

/** What became of one item. */
export type MapResult<Item, Output> = MapAnswer<Item, Output> | MapFailure<Item>;
