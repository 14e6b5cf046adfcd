import { createWriteStream } from "node:fs";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { type Entry, fromBuffer, type ZipFile } from "yauzl";
import { ServiceError } from "../../errors.ts";
import { invalidParameter } from "./errors.ts";

/** 250 MB: a function's code unpacked, its layers included (Lambda quotas, "Deployment package"). */
export const UNZIPPED_BYTES_MAX = 262_144_000;

const LINK_TARGET_BYTES_MAX = 4_096;
const FILE_TYPE_MASK = 0o170000;
const SYMBOLIC_LINK = 0o120000;
const PERMISSIONS = 0o777;
/** For archives made where there are no Unix modes. */
const PERMISSIONS_DEFAULT = 0o644;
const OWNER_MAY_READ = 0o400;

interface Link {
  readonly path: string;
  readonly target: string;
}

/**
 * What the archive will take when unpacked, by its own table of contents, which unpacking holds it to.
 *
 * Throws InvalidParameterValueException when it is no archive, is too large, or has an entry that climbs out.
 */
export async function unzippedSize(zip: Buffer): Promise<number> {
  let bytes = 0;
  await eachEntry(zip, async (_archive, entry) => {
    bytes += entry.uncompressedSize;
    refuseAbove(bytes);
  });
  return bytes;
}

/**
 * Unpacks an archive into a directory that is empty. Modes are kept. Links are made after all files, so that no
 * file is written through one, and lead nowhere but inside.
 *
 * Throws InvalidParameterValueException as {@link unzippedSize} does; what was unpacked until then is left behind.
 */
export async function unzip(zip: Buffer, directory: string): Promise<void> {
  const links: Link[] = [];
  let bytes = 0;
  await eachEntry(zip, async (archive, entry) => {
    bytes += entry.uncompressedSize;
    refuseAbove(bytes);
    const path = join(directory, entry.fileName);
    if (entry.fileName.endsWith("/")) {
      await mkdir(path, { recursive: true });
      return;
    }
    const mode = entry.externalFileAttributes >>> 16;
    if ((mode & FILE_TYPE_MASK) === SYMBOLIC_LINK) {
      links.push({ path: entry.fileName, target: await linkTarget(archive, entry) });
      return;
    }
    await mkdir(dirname(path), { recursive: true });
    await pipeline(await readEntry(archive, entry), createWriteStream(path));
    await chmod(path, (mode & PERMISSIONS || PERMISSIONS_DEFAULT) | OWNER_MAY_READ);
  });
  await makeLinks(directory, links).catch((error: unknown) => {
    throw unreadable(error);
  });
}

/** All directories come before any link, so that no link is placed through another and leads elsewhere from there. */
async function makeLinks(directory: string, links: readonly Link[]): Promise<void> {
  for (const { path } of links) await mkdir(dirname(join(directory, path)), { recursive: true });
  for (const { path, target } of links) await symlink(target, join(directory, path));
}

function refuseAbove(bytes: number): void {
  if (bytes >= UNZIPPED_BYTES_MAX)
    throw invalidParameter(`Unzipped size must be smaller than ${UNZIPPED_BYTES_MAX} bytes`);
}

/**
 * Where a link leads, written without a way down and up again: `a/..` means something else once `a` is a link.
 */
async function linkTarget(archive: ZipFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > LINK_TARGET_BYTES_MAX)
    throw invalidParameter(
      `The link ${entry.fileName} in the uploaded file has too long a target.`,
    );
  const target = (await buffer(await readEntry(archive, entry))).toString();
  const home = posix.dirname(entry.fileName);
  const resolved = posix.normalize(posix.join(home, target));
  if (posix.isAbsolute(target) || resolved === ".." || resolved.startsWith("../"))
    throw invalidParameter(
      `Could not unzip uploaded file: the link ${entry.fileName} points outside of it, to ${target}.`,
    );
  return posix.relative(home, resolved) || ".";
}

/** Visits the entries one after the other; yauzl has refused names that are absolute or climb out. */
function eachEntry(
  zip: Buffer,
  visit: (archive: ZipFile, entry: Entry) => Promise<void>,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    fromBuffer(zip, { lazyEntries: true }, (error, archive) => {
      if (error) return reject(error);
      archive.on("error", reject);
      archive.on("end", resolve);
      archive.on("entry", (entry: Entry) => {
        visit(archive, entry).then(() => archive.readEntry(), reject);
      });
      archive.readEntry();
    });
  }).catch((error: unknown) => {
    throw error instanceof ServiceError ? error : unreadable(error);
  });
}

function readEntry(archive: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    archive.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}

/** What yauzl says of a name that climbs out is told; for the rest AWS has one sentence. */
function unreadable(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  const isOurDisk = code === "ENOSPC" || code === "EDQUOT" || code === "EMFILE" || code === "EIO";
  if (isOurDisk) return error;
  if (/^(absolute path|invalid relative path|invalid characters in fileName)/.test(error.message))
    return invalidParameter(`Could not unzip uploaded file: ${error.message}.`);
  return invalidParameter(
    "Could not unzip uploaded file. Please check your file, then try to upload again.",
  );
}
