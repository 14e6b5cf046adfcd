import type { ReadTransaction } from "../../store/store.ts";
import { Consumption, readUnits } from "./capacity.ts";
import type { Draft } from "./draft.ts";
import { itemKey, type StoredItem } from "./storage.ts";

/**
 * What a transaction that was done before costs: it reads the items that it would have written, in the same
 * transaction. Source: API reference of TransactWriteItems, ClientRequestToken.
 */
export function readPlaces(
  tx: ReadTransaction,
  actions: readonly { readonly tableName: string }[],
  drafts: readonly Draft[],
): Map<string, Consumption> {
  const consumptions = new Map<string, Consumption>();
  for (const [i, { table, place }] of drafts.entries()) {
    const { tableName } = actions[i]!;
    const consumption = consumptions.get(tableName) ?? new Consumption("read");
    consumptions.set(tableName, consumption);
    const stored = tx.get<StoredItem>(itemKey(table.space, place));
    consumption.add(readUnits(stored?.[0] ?? 0, "transaction"));
  }
  return consumptions;
}
