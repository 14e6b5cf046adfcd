import { namesOf } from "./storage.ts";
import type { Index, TableRecord } from "./table.ts";
import type { Definitions } from "./table-checks.ts";

/** A table's record with another record of one of its indexes. */
export function changeIndex(table: TableRecord, index: Index): TableRecord {
  return {
    ...table,
    indexes: table.indexes.map((one) => (one.name === index.name ? index : one)),
  };
}

/** The definitions of a table are those of its keys' attributes. */
export function withUsedAttributes(table: TableRecord, definitions: Definitions): TableRecord {
  const keys = [table.key, ...table.indexes.map(({ key }) => key)];
  const used = new Set(keys.flatMap(namesOf));
  const attributes = [...definitions].flatMap(([name, type]) =>
    used.has(name) ? [{ name, type }] : [],
  );
  return { ...table, attributes };
}
