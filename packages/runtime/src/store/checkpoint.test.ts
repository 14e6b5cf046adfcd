import assert from "node:assert";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { open, type RootDatabase } from "lmdb";
import { Checkpoints, restoreCheckpoint } from "./checkpoint.ts";

/** What a disk writes whole or not at all. */
const SECTOR_BYTES = 512;
const KEYS = 60;

/** A key, and the length of its new value; zero deletes it. */
type Change = readonly [key: number, length: number];
type Commit = readonly Change[];

const length = fc.oneof(fc.constant(0), fc.nat(200), fc.nat(9_000));
const commit = fc.array(fc.tuple(fc.nat(KEYS - 1), length), { minLength: 1, maxLength: 12 });
const commits = fc.array(commit, { maxLength: 6 });
/** What is committed before a checkpoint, and while it is being made. */
const rounds = fc.array(fc.record({ before: commits, during: commits }), {
  minLength: 1,
  maxLength: 5,
});

/** A database, with its checkpoints, in a directory of its own. */
class Crashing {
  readonly directory = mkdtempSync(join(tmpdir(), "flyball-checkpoint-"));
  readonly databasePath = join(this.directory, "state.mdb");
  readonly checkpointPath = join(this.directory, "state.checkpoint");
  readonly db = openDatabase(this.databasePath);
  readonly checkpoints = new Checkpoints({
    databasePath: this.databasePath,
    checkpointPath: this.checkpointPath,
    pageBytes: (this.db.getStats() as { pageSize: number }).pageSize,
    pin: () => this.db.useReadTransaction(),
  });
  #commits = 0;

  commit(changes: Commit): void {
    this.#commits += 1;
    this.db.transactionSync(() => {
      for (const [key, bytes] of changes)
        if (bytes === 0) this.db.remove(key);
        else this.db.put(key, `${this.#commits} ${"x".repeat(bytes)}`);
    });
  }

  files(): { database: Buffer; checkpoint: Buffer } {
    return {
      database: readFileSync(this.databasePath),
      checkpoint: readFileSync(this.checkpointPath),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.checkpoints.close();
    await this.db.close();
    rmSync(this.directory, { recursive: true });
  }
}

function openDatabase(path: string): RootDatabase<string, number> {
  return open<string, number>({ path, noSync: true });
}

function contentOf(db: RootDatabase<string, number>): [number, string][] {
  return [...db.getRange()].map(({ key, value }) => [key, value]);
}

/** A file as a loss of power leaves it: of what was written after the flush, any sectors reached the disk. */
function torn(flushed: Buffer, now: Buffer, seed: number): Buffer {
  const result = Buffer.alloc(now.length);
  flushed.copy(result);
  let random = seed;
  for (let at = 0; at < now.length; at += SECTOR_BYTES) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    if (random >= 2 ** 31) now.copy(result, at, at, at + SECTOR_BYTES);
  }
  return result;
}

async function contentAfterReboot(database: Buffer, checkpoint: Buffer): Promise<unknown> {
  const directory = mkdtempSync(join(tmpdir(), "flyball-checkpoint-"));
  mkdirSync(directory, { recursive: true });
  const [databasePath, checkpointPath] = [join(directory, "db.mdb"), join(directory, "checkpoint")];
  writeFileSync(databasePath, database);
  writeFileSync(checkpointPath, checkpoint);
  restoreCheckpoint(databasePath, checkpointPath, "another boot");
  const db = openDatabase(databasePath);
  const content = contentOf(db);
  await db.close();
  rmSync(directory, { recursive: true });
  return content;
}

test("after a loss of power the database is as it was at its last checkpoint, whichever sectors were written since", async () => {
  const property = fc.asyncProperty(rounds, commits, fc.nat(), async (checkpointed, lost, seed) => {
    await using crashing = new Crashing();
    for (const { before, during } of checkpointed) {
      for (const changes of before) crashing.commit(changes);
      const saving = crashing.checkpoints.save();
      const expected = contentOf(crashing.db);
      const flushed = crashing.files().database;
      for (const changes of during) crashing.commit(changes);
      await saving;
      const { checkpoint } = crashing.files();
      for (const changes of lost) crashing.commit(changes);
      const disk = torn(flushed, crashing.files().database, seed);
      assert.deepEqual(await contentAfterReboot(disk, checkpoint), expected);
    }
  });
  await fc.assert(property, { numRuns: 40 });
});

test("a checkpoint that was cut off by a loss of power leaves the one before it whole", async () => {
  const property = fc.asyncProperty(rounds, fc.nat(), async (checkpointed, seed) => {
    await using crashing = new Crashing();
    let expected = contentOf(crashing.db);
    let { database: flushed, checkpoint } = crashing.files();
    for (const { before, during } of checkpointed) {
      for (const changes of before) crashing.commit(changes);
      const saving = crashing.checkpoints.save();
      const [next, nextFlushed] = [contentOf(crashing.db), crashing.files().database];
      for (const changes of during) crashing.commit(changes);
      await saving;
      const now = crashing.files();
      const cutOff = torn(checkpoint, now.checkpoint, seed);
      // The database was flushed before the slot was written: one that is whole has all of it below it.
      const isWhole = cutOff.equals(now.checkpoint);
      const disk = torn(isWhole ? nextFlushed : flushed, now.database, seed);
      const content = await contentAfterReboot(disk, cutOff);
      assert.deepEqual(content, isWhole ? next : expected);
      [expected, flushed, checkpoint] = [next, nextFlushed, now.checkpoint];
    }
  });
  await fc.assert(property, { numRuns: 40 });
});

test("a database that was written to since the machine was started keeps all of it", async () => {
  await using crashing = new Crashing();
  crashing.commit([[1, 10]]);
  const { database } = crashing.files();
  restoreCheckpoint(crashing.databasePath, crashing.checkpointPath);
  assert.deepEqual(crashing.files().database, database);
});
