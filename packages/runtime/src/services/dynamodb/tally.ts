import type { Key, ReadTransaction, WriteTransaction } from "../../store/store.ts";

/** How many items and bytes a table and each of its indexes hold, by their spaces: exact, and never counted anew. */
export class Tally {
  readonly #counts: Map<number, Count>;

  constructor(stored: StoredTally = []) {
    this.#counts = new Map(
      stored.map(([space, items, bytes]) => [space, { items, bytes }] as const),
    );
  }

  of(space: number): Count {
    return this.#counts.get(space) ?? { items: 0, bytes: 0 };
  }

  add(space: number, items: number, bytes: number): void {
    const before = this.of(space);
    this.#counts.set(space, { items: before.items + items, bytes: before.bytes + bytes });
  }

  forget(space: number): void {
    this.#counts.delete(space);
  }

  toStored(): StoredTally {
    return [...this.#counts].map(([space, { items, bytes }]) => [space, items, bytes]);
  }
}

export interface Count {
  readonly items: number;
  readonly bytes: number;
}

type StoredTally = (readonly [space: number, items: number, bytes: number])[];

function tallyKey(tableSpace: number): Key {
  return ["dynamodb", "tally", tableSpace];
}

export function readTally(tx: ReadTransaction, tableSpace: number): Tally {
  return new Tally(tx.get<StoredTally>(tallyKey(tableSpace)));
}

export function writeTally(tx: WriteTransaction, tableSpace: number, tally: Tally): void {
  tx.put(tallyKey(tableSpace), tally.toStored());
}

export function removeTally(tx: WriteTransaction, tableSpace: number): void {
  tx.delete(tallyKey(tableSpace));
}
