import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import type { Activity } from "../clock/activity.ts";

/** One part of a key. Keys are ordered part by part: numbers by value, strings by UTF-8, numbers before strings. */
export type KeyPart = string | number | boolean;

/** An ordered key, from the general to the particular: `["sqs", account, region, "queue", name]`. */
export type Key = readonly KeyPart[];

export interface Entry<T> {
  readonly key: KeyPart[];
  readonly value: T;
}

export interface RangeOptions {
  /** Only keys that begin with these parts. */
  readonly prefix: Key;
  /** Start at the first key that is at or after `[...prefix, ...from]`. */
  readonly from?: Key;
  /** Stop before `[...prefix, ...to]`. */
  readonly to?: Key;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** A consistent view of the store. Values are plain data: JSON's types, Buffers, Dates. Do not mutate what it returns. */
export interface ReadTransaction {
  get<T>(key: Key): T | undefined;
  /** Entries in key order. Lazily read: stop early to read less. */
  range<T>(options: RangeOptions): Iterable<Entry<T>>;
}

/**
 * A transaction that reads what it wrote, alone in the store while it runs. It is synchronous: decide everything
 * that needs waiting before it. When its function throws, nothing of it is kept.
 */
export interface WriteTransaction extends ReadTransaction {
  put<T>(key: Key, value: T): void;
  delete(key: Key): void;
  /** Runs after the transaction is durable, before its promise resolves: wake whoever waits, schedule what is owed. */
  afterCommit(effect: () => void): void;
}

export interface Store {
  read<T>(body: (tx: ReadTransaction) => T): T;
  /** Resolves when what was written is durable: it is there after `kill -9`. */
  write<T>(body: (tx: WriteTransaction) => T): Promise<T>;
  /** Where files that are too large for values lie beside the data; as lasting as the store itself. */
  readonly directory: string;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** Where the data lies; undefined keeps it only as long as the store is open. */
  readonly directory?: string;
  readonly activity: Activity;
}

/** The highest key part: above every string, number and boolean. */
const AFTER_EVERY_PART = new Uint8Array([0xff]);
const MAP_SIZE_BYTES_EPHEMERAL = 2 ** 30;

interface PendingWrite {
  readonly body: (tx: WriteTransaction) => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The store on LMDB. Writes that arrive together share one LMDB transaction and so one flush to disk; each is
 * still atomic alone, by an undo journal that is played back when its function throws.
 *
 * Throws an error that names the directory when it cannot be opened.
 */
export function openStore({ directory, activity }: StoreOptions): Store {
  const path = directory ?? mkdtempSync(join(tmpdir(), "flyball-"));
  mkdirSync(path, { recursive: true });
  const db: RootDatabase<unknown, KeyPart[]> = open({
    path: join(path, "state.mdb"),
    // A promise of a durable write resolves only after the flush to disk, not before it.
    overlappingSync: false,
    noSync: directory === undefined,
    ...(directory === undefined ? { mapSize: MAP_SIZE_BYTES_EPHEMERAL } : {}),
  });
  let pending: PendingWrite[] = [];
  let pump: Promise<void> | undefined;

  const view: ReadTransaction = {
    get: <T>(key: Key) => db.get(key as KeyPart[]) as T | undefined,
    range: <T>(options: RangeOptions) => rangeOf<T>(db, options),
  };

  async function commitPending(): Promise<void> {
    while (pending.length > 0) {
      const batch = pending;
      pending = [];
      const settled: (() => void)[] = [];
      const effects: (() => void)[] = [];
      try {
        await db.transaction(() => {
          for (const write of batch) settled.push(runAtomically(db, view, write, effects));
        });
      } catch (error) {
        // The commit itself failed (a full disk, say): nothing of the batch was kept.
        for (const write of batch) write.reject(error);
        continue;
      }
      for (const effect of effects) effect();
      for (const settle of settled) settle();
    }
    pump = undefined;
  }

  return {
    directory: path,
    read: (body) => body(view),
    write: <T>(body: (tx: WriteTransaction) => T) => {
      const result = new Promise<T>((resolve, reject) => {
        pending.push({ body, resolve, reject });
      });
      pump ??= commitPending();
      return activity.track(result);
    },
    close: async () => {
      await pump;
      await db.close();
      if (directory === undefined) rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Runs one write inside the shared LMDB transaction; returns how to settle its promise once that is committed. */
function runAtomically(
  db: RootDatabase<unknown, KeyPart[]>,
  view: ReadTransaction,
  { body, resolve, reject }: PendingWrite,
  effects: (() => void)[],
): () => void {
  const journal: { key: KeyPart[]; before: unknown }[] = [];
  const ownEffects: (() => void)[] = [];
  const remember = (key: KeyPart[]) => journal.push({ key, before: db.get(key) });
  try {
    const result = body({
      ...view,
      put: (key, value) => {
        remember(key as KeyPart[]);
        db.put(key as KeyPart[], value);
      },
      delete: (key) => {
        remember(key as KeyPart[]);
        db.remove(key as KeyPart[]);
      },
      afterCommit: (effect) => ownEffects.push(effect),
    });
    effects.push(...ownEffects);
    return () => resolve(result as never);
  } catch (error) {
    for (const { key, before } of journal.reverse()) {
      if (before === undefined) db.remove(key);
      else db.put(key, before);
    }
    return () => reject(error);
  }
}

function rangeOf<T>(
  db: RootDatabase<unknown, KeyPart[]>,
  { prefix, from = [], to, reverse = false, limit }: RangeOptions,
): Iterable<Entry<T>> {
  const low = [...prefix, ...from];
  const high = to === undefined ? [...prefix, AFTER_EVERY_PART] : [...prefix, ...to];
  const range = db.getRange({
    // lmdb orders byte arrays after every string, which KeyPart leaves out on purpose.
    start: (reverse ? high : low) as KeyPart[],
    end: (reverse ? low : high) as KeyPart[],
    reverse,
    ...(limit === undefined ? {} : { limit }),
  });
  return range as Iterable<Entry<T>>;
}
