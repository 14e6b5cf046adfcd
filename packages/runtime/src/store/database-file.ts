import { closeSync, openSync, readSync } from "node:fs";

/** LMDB's mark, in the root that its first page holds behind a header. */
const MAGIC = 0xbeefc0de;
const MAGIC_OFFSET_BYTES = 24;

/**
 * Throws where a file is there that is no LMDB database: LMDB's binding does not survive the error that LMDB answers
 * it with. An empty file is one that is to become a database.
 */
export function refuseForeignFile(path: string): void {
  const head = Buffer.alloc(MAGIC_OFFSET_BYTES + 4);
  let bytes: number;
  try {
    const file = openSync(path, "r");
    bytes = readSync(file, head, 0, head.length, 0);
    closeSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (bytes === 0) return;
  if (bytes < head.length || head.readUInt32LE(MAGIC_OFFSET_BYTES) !== MAGIC)
    throw new Error(`${path} is not a database of Flyball's`);
}
