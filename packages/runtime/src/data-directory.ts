import { randomUUID } from "node:crypto";
import {
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { processStart, stillRuns } from "./process-start.ts";

/** A data directory that is this runtime's alone until it is released. */
export interface Claim {
  /** Says where the runtime is reached, so that whoever finds the directory taken is told. */
  announce(endpoint: string): void;
  release(): void;
}

/** What the lock file says of who holds the directory. */
interface Holder {
  readonly pid: number;
  readonly start: string;
  readonly endpoint?: string;
}

const LOCK_FILE = "flyball.lock";
/** How a file system that knows no links (exFAT) refuses one. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/**
 * Makes the directory where it is missing, and takes it for this runtime: two on one state would destroy it. A lock
 * that a killed process left behind holds nobody up. A process in another container cannot be seen from here.
 *
 * Throws an error that says who holds the directory, or why it cannot be used.
 */
export function claimDataDirectory(directory: string): Claim {
  const path = join(directory, LOCK_FILE);
  const me: Holder = { pid: process.pid, start: processStart(process.pid) ?? "" };
  try {
    createDirectory(directory);
    if (!statSync(directory).isDirectory()) throw new Error("it is a file");
    takeLock(path, me);
  } catch (error) {
    if (error instanceof DirectoryInUse) throw error;
    throw new Error(`Cannot use ${directory} as the data directory: ${(error as Error).message}`);
  }
  let released = false;
  return {
    announce: (endpoint) => {
      const part = writePart(path, { ...me, endpoint });
      renameSync(part, path);
    },
    release: () => {
      if (!released) rmSync(path, { force: true });
      released = true;
    },
  };
}

class DirectoryInUse extends Error {
  constructor(path: string, { pid, endpoint }: Holder) {
    const where = endpoint === undefined ? "" : ` on ${endpoint}`;
    const who = pid === process.pid ? "this process" : `process ${pid}`;
    super(
      `The data directory ${dirname(path)} is in use by the Flyball${where} (${who}). Stop that one first, or take another directory.`,
    );
  }
}

function takeLock(path: string, me: Holder): void {
  const part = writePart(path, me);
  try {
    while (!isLinked(part, path)) {
      const found = readHolder(path);
      if (found && stillRuns(found)) throw new DirectoryInUse(path, found);
      removeStale(path, found);
    }
  } finally {
    rmSync(part, { force: true });
  }
}

/** Linking makes a file that is whole from the start, and fails where there is one: of two that try, one gets it. */
function isLinked(part: string, path: string): boolean {
  try {
    linkSync(part, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (code === undefined || !NO_LINKS.has(code)) throw error;
    copyFileSync(part, path, constants.COPYFILE_EXCL);
    return true;
  }
}

/** Moves the lock aside before looking at it once more: another process may have replaced it in between. */
function removeStale(path: string, stale: Holder | undefined): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const moved = readHolder(aside);
  if (moved && (moved.pid !== stale?.pid || moved.start !== stale.start)) isLinked(aside, path);
  rmSync(aside);
}

/** Who holds the lock; undefined when there is none, or nothing in it that this version understands. */
function readHolder(path: string): Holder | undefined {
  try {
    const { pid, start, endpoint } = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder>;
    if (typeof pid !== "number" || typeof start !== "string") return undefined;
    return { pid, start, ...(endpoint === undefined ? {} : { endpoint }) };
  } catch {
    return undefined;
  }
}

function writePart(path: string, holder: Holder): string {
  const part = `${path}.${randomUUID()}`;
  writeFileSync(part, `${JSON.stringify(holder)}\n`);
  return part;
}

/** Not by mkdir's own `recursive`, which under /proc tries for ever. */
function createDirectory(path: string): void {
  if (existsSync(path)) return;
  createDirectory(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process made it a moment ago.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
