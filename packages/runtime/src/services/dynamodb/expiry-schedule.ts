import type { Timer } from "../../clock/clock.ts";
import type { Cloud } from "../../cloud.ts";
import type { Key, WriteTransaction } from "../../store/store.ts";
import type { Item } from "./engine/index.ts";
import type { ItemPlace } from "./storage.ts";
import type { Table } from "./table.ts";

/**
 * A time that lies further back than this is taken for a mistake, and nothing is deleted. Source: developer guide, "Time
 * to Live (TTL)", Computing: five years.
 */
const TOO_OLD_SECONDS = 5 * 365 * 24 * 60 * 60;

export function expiryPrefix(space: number): Key {
  return ["dynamodb", "expiry", space];
}

function expiryKey(space: number, second: number, place: ItemPlace): Key {
  return [...expiryPrefix(space), second, ...place];
}

/** The second since 1970 at which the item ends; undefined where it has no such number. */
export function expirySecond(table: Table, item: Item | undefined): number | undefined {
  const name = table.timeToLive?.attributeName;
  const text = name !== undefined && item && Object.hasOwn(item, name) ? item[name]?.N : undefined;
  if (text === undefined) return undefined;
  const second = Math.floor(Number(text));
  return Number.isSafeInteger(second) ? second : undefined;
}

/** Keeps the order of expiries with an item that is written. */
export function scheduleExpiry(
  cloud: Cloud,
  tx: WriteTransaction,
  table: Table,
  place: ItemPlace,
  before: Item | undefined,
  after: Item | undefined,
): void {
  const old = expirySecond(table, before);
  const next = expirySecond(table, after);
  if (old === next) return;
  if (old !== undefined) tx.delete(expiryKey(table.space, old, place));
  if (next === undefined || next < cloud.clock.now() / 1000 - TOO_OLD_SECONDS) return;
  tx.put(expiryKey(table.space, next, place), true);
  tx.afterCommit(() => cloud.derived(makeExpiryTimers).expect(table, next));
}

/** Forgets when a table's items expire, some of them; returns whether any are left. */
export function clearExpiries(tx: WriteTransaction, space: number, limit: number): boolean {
  const some = [...tx.range({ prefix: expiryPrefix(space), limit })];
  for (const { key } of some) tx.delete(key);
  return some.length === limit;
}

interface Pending {
  readonly second: number;
  readonly timer: Timer;
}

/** A timer for each table's next expiry. */
class ExpiryTimers {
  /** What is done when a table's next item ends. */
  due: (table: Table) => void = () => {};
  readonly #cloud: Cloud;
  readonly #pending = new Map<number, Pending>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  stop(): void {
    for (const { timer } of this.#pending.values()) timer.cancel();
    this.#pending.clear();
  }

  /** An item of the table ends at this second. */
  expect(table: Table, second: number): void {
    const { space } = table;
    const pending = this.#pending.get(space);
    if (this.#cloud.stopping.aborted || (pending && pending.second <= second)) return;
    pending?.timer.cancel();
    const timer = this.#cloud.clock.setTimer(second * 1000, () => {
      this.#pending.delete(space);
      this.due(table);
    });
    this.#pending.set(space, { second, timer });
  }

  /** Looks up when the table's next item ends. */
  expectNext(table: Table): void {
    const prefix = expiryPrefix(table.space);
    const [next] = this.#cloud.store.read((tx) => [...tx.range({ prefix, limit: 1 })]);
    if (next) this.expect(table, Number(next.key[prefix.length]));
  }
}

export function makeExpiryTimers(cloud: Cloud): ExpiryTimers {
  return new ExpiryTimers(cloud);
}
