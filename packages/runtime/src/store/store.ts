import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { asBinary, open, type RootDatabase } from "lmdb";
import type { Activity } from "../clock/activity.ts";
import { Checkpoints, restoreCheckpoint } from "./checkpoint.ts";
import { refuseForeignFile } from "./database-file.ts";
import { orDiskFull } from "./disk-full.ts";
import { createEphemeralDirectory, removeEphemeralDirectory } from "./ephemeral-directory.ts";

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
  /** Resolves when what was written is durable: it is there after `kill -9` (see {@link openStore}). */
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

/**
 * How long a key may be: its strings in UTF-8 (of which control characters take two bytes), nine bytes a number, a
 * byte a part. LMDB takes 1978, and the end of a range of keys needs a few more than the keys.
 */
export const KEY_BYTES_MAX = 1970;

/** The highest key part: above every string, number and boolean. */
const AFTER_EVERY_PART = new Uint8Array([0xff]);
const MAP_SIZE_BYTES_EPHEMERAL = 2 ** 30;

interface PendingWrite {
  readonly body: (tx: WriteTransaction) => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The store on LMDB. Writes of one turn of the event loop share one LMDB transaction; each is still atomic alone, by
 * an undo journal that is played back when its function throws.
 *
 * Durable means: when a write's promise resolves, the operating system has all of it (the commit's pages and its
 * root are in the page cache), so it is there however this process ends, `kill -9` included. It is not yet on the
 * disk: that follows within a second, as a {@link Checkpoints checkpoint}. When the machine loses power or its
 * kernel crashes, the store opens as it was at the last checkpoint, whole, and what was written after that is gone:
 * as with Redis's `appendfsync everysec`. To wait for the disk at each commit costs 0.4 ms on a server's disk and
 * 5 ms on a laptop's, at each of the writes that a hop between two functions takes one after the other.
 *
 * Commits run on this thread, since without a flush one takes some 30 µs, less than handing it to another thread.
 *
 * Throws an error that names the directory when it cannot be opened.
 */
export function openStore({ directory, activity }: StoreOptions): Store {
  const path = directory ?? createEphemeralDirectory();
  mkdirSync(path, { recursive: true });
  const databasePath = join(path, "state.mdb");
  const checkpointPath = join(path, "state.checkpoint");
  refuseForeignFile(databasePath);
  restoreCheckpoint(databasePath, checkpointPath);
  const db: RootDatabase<unknown, KeyPart[]> = open({
    path: databasePath,
    // Commits do not flush; checkpoints do.
    noSync: true,
    ...(directory === undefined ? { mapSize: MAP_SIZE_BYTES_EPHEMERAL } : {}),
  });
  const checkpoints =
    directory === undefined
      ? undefined
      : new Checkpoints({
          databasePath,
          checkpointPath,
          pageBytes: (db.getStats() as { pageSize: number }).pageSize,
          pin: () => db.useReadTransaction(),
        });
  let pending: PendingWrite[] = [];

  const view: ReadTransaction = {
    get: <T>(key: Key) => db.get(key as KeyPart[]) as T | undefined,
    range: <T>(options: RangeOptions) => rangeOf<T>(db, options),
  };

  function commitPending(): void {
    if (pending.length === 0) return;
    const batch = pending;
    pending = [];
    const settled: (() => void)[] = [];
    try {
      if (checkpoints?.failure) throw checkpoints.failure;
      db.transactionSync(() => {
        for (const write of batch) settled.push(runAtomically(db, view, write));
      });
    } catch (error) {
      // The commit itself failed: nothing of the batch was kept.
      const reason = orDiskFull(error, path);
      for (const write of batch) write.reject(reason);
      return;
    }
    checkpoints?.soon();
    for (const settle of settled) settle();
  }

  return {
    directory: path,
    read: (body) => body(view),
    write: <T>(body: (tx: WriteTransaction) => T) => {
      const result = new Promise<T>((resolve, reject) => {
        // What arrives in this turn of the event loop goes into one commit, at its end.
        if (pending.length === 0) setImmediate(commitPending);
        pending.push({ body, resolve, reject });
      });
      return activity.track(result);
    },
    close: async () => {
      commitPending();
      await checkpoints?.close();
      await db.close();
      if (directory === undefined) removeEphemeralDirectory(path);
    },
  };
}

/** Runs one write inside the shared LMDB transaction; returns how to settle its promise once that is committed. */
function runAtomically(
  db: RootDatabase<unknown, KeyPart[]>,
  view: ReadTransaction,
  { body, resolve, reject }: PendingWrite,
): () => void {
  const journal: { key: KeyPart[]; before: Buffer | undefined }[] = [];
  const effects: (() => void)[] = [];
  const remember = (key: KeyPart[]) => {
    if (isTooLong(key)) throw keyTooLong(key);
    journal.push({ key, before: db.getBinary(key) });
  };
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
      afterCommit: (effect) => effects.push(effect),
    });
    return () => {
      try {
        for (const effect of effects) effect();
        resolve(result as never);
      } catch (error) {
        // An effect is derived from what is kept. That one breaks must not leave other writers without an answer.
        reject(error);
      }
    };
  } catch (error) {
    for (const { key, before } of journal.reverse()) {
      if (before === undefined) db.remove(key);
      else db.put(key, asBinary(before));
    }
    return () => reject(error);
  }
}

function rangeOf<T>(
  db: RootDatabase<unknown, KeyPart[]>,
  { prefix, from = [], to, reverse = false, limit }: RangeOptions,
): Iterable<Entry<T>> {
  // No key begins so, since none can be written.
  if (isTooLong(prefix)) return [];
  const low = [...prefix, ...from];
  const high = to === undefined ? [...prefix, AFTER_EVERY_PART] : [...prefix, ...to];
  const range = db.getRange({
    // lmdb orders byte arrays after every string, which KeyPart leaves out on purpose.
    start: (reverse ? high : low) as KeyPart[],
    end: (reverse ? low : high) as KeyPart[],
    reverse,
    // Backwards lmdb begins at `high`, which is not within the range, and ends before `low`, which is.
    exclusiveStart: reverse,
    inclusiveEnd: reverse,
    ...(limit === undefined ? {} : { limit }),
  });
  if (prefix.length > 1) return range as Iterable<Entry<T>>;
  // Of a key that has one part alone, lmdb tells the part.
  return range.map(({ key, value }) => ({
    key: Array.isArray(key) ? key : [key],
    value: value as T,
  }));
}

function isTooLong(key: Key): boolean {
  let characters = 0;
  for (const part of key) if (typeof part === "string") characters += part.length;
  // A character of UTF-16 has three bytes of UTF-8 at most; most keys need no closer look.
  if (characters * 3 + key.length * 10 <= KEY_BYTES_MAX) return false;
  return bytesOf(key) > KEY_BYTES_MAX;
}

function bytesOf(key: Key): number {
  let bytes = key.length;
  for (const part of key)
    bytes += typeof part === "string" ? Buffer.byteLength(part) + controlsIn(part) : 9;
  return bytes;
}

function controlsIn(part: string): number {
  let controls = 0;
  for (let index = 0; index < part.length; index += 1)
    if (part.charCodeAt(index) < 0x20) controls += 1;
  return controls;
}

function keyTooLong(key: Key): Error {
  const shown = JSON.stringify(key).slice(0, 100);
  return new Error(`The key ${shown}… is too long: ${bytesOf(key)} of ${KEY_BYTES_MAX} bytes.`);
}
