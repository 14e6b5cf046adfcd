import { invalidParameter } from "./errors.ts";

/** AWS lists no more than this at a time, whatever is asked for. */
const PAGE_ITEMS_MAX = 50;

export interface Page<Item> {
  readonly items: Item[];
  readonly nextMarker?: string;
}

/**
 * One page of items that come in the order of their names. The marker is the last name that was listed, so that a
 * list that changes between two pages neither repeats nor skips what stayed.
 */
export function pageOf<Item>(
  items: Iterable<Item>,
  nameOf: (item: Item) => string,
  {
    marker,
    maxItems = PAGE_ITEMS_MAX,
  }: { marker?: string | undefined; maxItems?: number | undefined },
): Page<Item> {
  const after = marker === undefined ? undefined : readMarker(marker);
  const limit = Math.min(maxItems, PAGE_ITEMS_MAX);
  const page: Item[] = [];
  let skipping = after !== undefined;
  for (const item of items) {
    if (skipping) {
      skipping = nameOf(item) !== after;
      continue;
    }
    const last = page.at(-1);
    if (page.length === limit && last !== undefined)
      return { items: page, nextMarker: Buffer.from(nameOf(last)).toString("base64") };
    page.push(item);
  }
  return { items: page };
}

function readMarker(marker: string): string {
  const name = Buffer.from(marker, "base64").toString();
  if (Buffer.from(name).toString("base64") !== marker) throw invalidParameter("Invalid Marker");
  return name;
}
