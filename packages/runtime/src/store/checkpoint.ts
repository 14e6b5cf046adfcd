import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  write,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { type Boot, isSameBoot, thisBoot } from "./boot.ts";

/** A snapshot of the database that stays readable, and whole in the file, until it is let go. */
export interface Pin {
  done(): void;
}

export interface CheckpointOptions {
  readonly databasePath: string;
  readonly checkpointPath: string;
  readonly pageBytes: number;
  /** Pins the snapshot that was committed last. */
  readonly pin: () => Pin;
}

/** What a slot of the checkpoint file holds, as JSON. */
interface Saved {
  readonly sequence: number;
  readonly boot: Boot;
  /** The file's first two pages, in base64: LMDB's two roots, of which the younger one is the snapshot's. */
  readonly roots: string;
}

/** How long commits are gathered before they are flushed to disk: what a loss of power can take. */
const GATHER_MS = 500;
/** As many commits do not wait so long: the pages that they leave behind cannot be used again before the flush. */
const GATHERED_COMMITS_MAX = 2_000;
/** LMDB begins its file with two pages, each with the root of a snapshot, and writes them in turn. */
const ROOT_PAGES = 2;
/** A slot has room for two pages of 16 KB (macOS on ARM) in base64. */
const SLOT_BYTES = 65_536;
const SLOT_HEAD_BYTES = 8;

const flushed = promisify(fdatasync);
const written = promisify(write);

/**
 * Keeps one snapshot of an LMDB database that nothing flushes at its commits whole on the disk, so that a loss of
 * power costs the last moments and never the database.
 *
 * LMDB writes a changed page to another place, and uses a page again only when no reader can still see it. So a
 * snapshot that a reader pins stays in the file as it is, whatever is committed after it. A checkpoint pins the
 * newest snapshot, saves the roots that lead to it, flushes the file, then the saved roots, and only then lets go of
 * the snapshot of the checkpoint before. The roots are saved in a file of their own, in two slots written in turn,
 * so that one of them is always whole; the roots in the database itself are overwritten by every commit, and after
 * a loss of power may lead to pages that never reached the disk.
 *
 * When the process alone dies nothing of this is needed: the operating system has all that was committed.
 */
export class Checkpoints {
  readonly #options: CheckpointOptions;
  readonly #boot = thisBoot();
  readonly #database: number;
  readonly #slots: number;
  #sequence: number;
  #pinned: Pin;
  /** Commits that no checkpoint has begun to save. */
  #gathered = 0;
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> | undefined;
  #failure: Error | undefined;

  /** The first checkpoint is made before the constructor returns: do not write to the database earlier. */
  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#sequence = newestSaved(options.checkpointPath)?.sequence ?? 0;
    this.#database = openSync(options.databasePath, "r+");
    this.#slots = openSync(options.checkpointPath, constants.O_RDWR | constants.O_CREAT, 0o644);
    reserveSlots(this.#slots);
    flushDirectory(dirname(options.checkpointPath));
    this.#pinned = this.#saveNow();
  }

  /**
   * Why the disk refused a checkpoint. After that nothing can be promised: a flush that failed once may succeed the
   * next time without having written what it failed on.
   */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** To be called after a commit: it will be on the disk a moment later. */
  soon(): void {
    this.#gathered += 1;
    this.#schedule();
  }

  /** Makes the last checkpoint; nothing may be committed after it. */
  async close(): Promise<void> {
    while (this.#underWay) await this.#underWay;
    clearTimeout(this.#timer);
    if (!this.#failure) this.#saveNow().done();
    this.#pinned.done();
    closeSync(this.#database);
    closeSync(this.#slots);
  }

  #schedule(): void {
    if (this.#underWay || this.#failure || this.#gathered === 0) return;
    if (this.#gathered >= GATHERED_COMMITS_MAX) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), GATHER_MS).unref();
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#gathered = 0;
    this.#underWay = this.save()
      .catch((error) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#underWay = undefined;
        this.#schedule();
      });
  }

  /** Makes a checkpoint now. Not to be called again before it has resolved. */
  async save(): Promise<void> {
    // Nothing is committed between these two: they are of one snapshot.
    const pinned = this.#options.pin();
    const { sequence, bytes, position } = this.#nextSlot();
    await flushed(this.#database);
    await written(this.#slots, bytes, 0, bytes.length, position);
    await flushed(this.#slots);
    this.#sequence = sequence;
    this.#pinned.done();
    this.#pinned = pinned;
  }

  #saveNow(): Pin {
    const pinned = this.#options.pin();
    const { sequence, bytes, position } = this.#nextSlot();
    fsyncSync(this.#database);
    writeSync(this.#slots, bytes, 0, bytes.length, position);
    fsyncSync(this.#slots);
    this.#sequence = sequence;
    return pinned;
  }

  #nextSlot(): { sequence: number; bytes: Buffer; position: number } {
    const sequence = this.#sequence + 1;
    const roots = Buffer.alloc(ROOT_PAGES * this.#options.pageBytes);
    readSync(this.#database, roots, 0, roots.length, 0);
    const saved: Saved = { sequence, boot: this.#boot, roots: roots.toString("base64") };
    return { sequence, bytes: encodeSlot(saved), position: (sequence % 2) * SLOT_BYTES };
  }
}

/**
 * Takes a database back to its last checkpoint when the operating system was started anew since that was made:
 * what was committed later may lie on the disk in part. To be called before the database is opened.
 */
export function restoreCheckpoint(
  databasePath: string,
  checkpointPath: string,
  boot: Boot = thisBoot(),
): void {
  const saved = newestSaved(checkpointPath);
  if (!saved || isSameBoot(saved.boot, boot)) return;
  const database = openSync(databasePath, "r+");
  try {
    const roots = Buffer.from(saved.roots, "base64");
    writeSync(database, roots, 0, roots.length, 0);
    fsyncSync(database);
  } finally {
    closeSync(database);
  }
}

/** Takes the room for both slots now: a disk that is full later must not fail a checkpoint. */
function reserveSlots(file: number): void {
  const missing = 2 * SLOT_BYTES - fstatSync(file).size;
  if (missing > 0) writeSync(file, Buffer.alloc(missing), 0, missing, fstatSync(file).size);
}

function encodeSlot(saved: Saved): Buffer {
  const content = Buffer.from(JSON.stringify(saved));
  const head = Buffer.alloc(SLOT_HEAD_BYTES);
  head.writeUInt32LE(content.length, 0);
  head.writeUInt32LE(crc32(content), 4);
  return Buffer.concat([head, content]);
}

/** What was saved last and whole; undefined when there is no such file, or nothing whole in it. */
function newestSaved(checkpointPath: string): Saved | undefined {
  const file = openIfThere(checkpointPath);
  if (file === undefined) return undefined;
  try {
    const slots = [readSlot(file, 0), readSlot(file, SLOT_BYTES)].filter(
      (slot) => slot !== undefined,
    );
    return slots.sort((left, right) => right.sequence - left.sequence)[0];
  } finally {
    closeSync(file);
  }
}

function readSlot(file: number, position: number): Saved | undefined {
  const slot = Buffer.alloc(SLOT_BYTES);
  const bytes = readSync(file, slot, 0, slot.length, position);
  if (bytes < SLOT_HEAD_BYTES) return undefined;
  const content = slot.subarray(SLOT_HEAD_BYTES, SLOT_HEAD_BYTES + slot.readUInt32LE(0));
  // One that was never written, or not to its end, is no checkpoint.
  if (content.length === 0 || crc32(content) !== slot.readUInt32LE(4)) return undefined;
  return JSON.parse(content.toString()) as Saved;
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A new file outlives a loss of power only when its directory was flushed too. */
function flushDirectory(path: string): void {
  // Windows has no such thing, and flushes a file's name with the file.
  if (process.platform === "win32") return;
  const directory = openSync(path, "r");
  fsyncSync(directory);
  closeSync(directory);
}
