import { Constraints } from "../../constraints.ts";
import type { Entry, Key, ReadTransaction } from "../../store/store.ts";
import { invalid } from "./entity.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html */
const ITEMS_MAX = 1_000;
const ITEMS = 100;

export interface PageAsked {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

export interface PageShown {
  readonly IsTruncated: boolean;
  readonly Marker?: string;
}

/** One page of what lies below a key, in the order of the last part of the keys, and the marker of the next page. */
export function pageOf<T>(
  tx: ReadTransaction,
  prefix: Key,
  { Marker, MaxItems = ITEMS }: PageAsked,
  wanted: (value: T) => boolean = () => true,
): { entries: Entry<T>[] } & PageShown {
  new Constraints()
    .range("maxItems", MaxItems, { min: 1, max: ITEMS_MAX })
    .check("ValidationError");
  const after = Marker === undefined ? undefined : decodeMarker(Marker);
  const entries: Entry<T>[] = [];
  for (const entry of tx.range<T>({ prefix, ...(after === undefined ? {} : { from: [after] }) })) {
    const last = lastPart(entry);
    if (last === after || !wanted(entry.value)) continue;
    if (entries.length === MaxItems)
      return { entries, IsTruncated: true, Marker: encodeMarker(lastPart(entries.at(-1)!)) };
    entries.push(entry);
  }
  return { entries, IsTruncated: false };
}

export function lastPart({ key }: { key: Key }): string {
  return String(key.at(-1));
}

/** Base64 with a beginning by which it is known. */
function encodeMarker(last: string): string {
  return Buffer.from(`1:${last}`, "utf8").toString("base64");
}

function decodeMarker(marker: string): string {
  const text = Buffer.from(marker, "base64").toString("utf8");
  if (!text.startsWith("1:")) throw invalid(`Invalid Marker: ${marker}`);
  return text.slice(2);
}
