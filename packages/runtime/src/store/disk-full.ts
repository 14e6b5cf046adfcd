import { statfsSync } from "node:fs";
import { constants } from "node:os";
import { ServiceError } from "../errors.ts";

const { EDQUOT, EFBIG, EIO, ENOSPC } = constants.errno;
/** Node names the system's errors; LMDB's binding numbers them. */
const NO_ROOM: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG", ENOSPC, EDQUOT, EFBIG]);
const ALMOST_FULL_BYTES = 16 * 2 ** 20;

/** What could not be kept because there is no room for it. */
export class DiskFull extends ServiceError {
  constructor(directory: string) {
    super(
      "InternalFailure",
      `The disk that ${directory} is on is full: nothing of this request was kept. Make room, and try again.`,
      { httpStatus: 500 },
    );
  }
}

/** The error that says so, when a write into the directory failed because the disk is full; else the error itself. */
export function orDiskFull(error: unknown, directory: string): unknown {
  const { code } = (error ?? {}) as { code?: unknown };
  // A write that the disk takes half of is an input/output error to LMDB.
  const isFull = NO_ROOM.has(code) || (code === EIO && freeBytes(directory) < ALMOST_FULL_BYTES);
  return isFull ? new DiskFull(directory) : error;
}

function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}
